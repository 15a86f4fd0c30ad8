using System.Collections.Immutable;
using ModelGuard.Editing;
using ModelGuard.Policies;

namespace ModelGuard.Fingerprints;

/// <summary>What a text encoder computes on canary prompts, before and after an edit.</summary>
/// <param name="Component">The encoder, for example <c>text_encoder</c>.</param>
/// <param name="Layers">Number of its layers that the prompts went through: up to the last edited one.</param>
/// <param name="Edited">A sketch of the edited encoder's states for each prompt, as <see cref="StateSketch"/> makes it.</param>
/// <param name="Base">The same of the base's encoder.</param>
public sealed record EncoderFingerprint(string Component, int Layers, ImmutableArray<ImmutableArray<double>> Edited, ImmutableArray<ImmutableArray<double>> Base);

/// <summary>Fingerprints of a model's edited text encoders.</summary>
/// <param name="Prompts">The canary prompts.</param>
/// <param name="Encoders">The encoders that were edited, in the pipeline's order.</param>
public sealed record ModelFingerprint(ImmutableArray<string> Prompts, ImmutableArray<EncoderFingerprint> Encoders)
{
    /// <summary>The fingerprint of an edit; null where it changes no text encoder.</summary>
    public static ModelFingerprint? Of(Policy policy, IEnumerable<EditedTensor> edits) =>
        edits.Select(e => e.Fingerprint).OfType<EncoderFingerprint>().ToImmutableArray() is { IsEmpty: false } encoders ? new ModelFingerprint(CanaryPrompts.Of(policy), encoders) : null;
}
