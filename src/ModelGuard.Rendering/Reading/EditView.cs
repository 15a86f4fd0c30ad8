using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModelGuard.Rendering.Reading;

/// <summary>How an edit was made.</summary>
/// <param name="Method">The method.</param>
/// <param name="Lambda">Weight of the ridge.</param>
/// <param name="Tokens">Which tokens of a subject were edited.</param>
/// <param name="Preserve">How preserved prompts were held.</param>
/// <param name="PreserveWeight">Weight of preserved prompts.</param>
/// <param name="CovarianceWeight">Weight of ordinary text.</param>
/// <param name="Contexts">Number of contexts.</param>
/// <param name="Templates">Templates of prompts.</param>
/// <param name="Tensors">The tensors that differ from the base.</param>
/// <param name="MaxDrift">Limit on the drift of preserved prompts; null without one.</param>
public sealed record EditView(string Method, double Lambda, TokensWord Tokens, PreserveWord Preserve, double PreserveWeight, double CovarianceWeight, int Contexts, ImmutableArray<string> Templates, ImmutableArray<TensorView> Tensors, double? MaxDrift = null)
{
    /// <summary>The method by which the cross-attention was edited besides; null where it was not.</summary>
    public string? CrossAttention { get; init; }

    /// <summary>Where a trace chose the layers: what it chose.</summary>
    public ImmutableArray<LayersView> Layers { get => field.IsDefault ? [] : field; init; }

    /// <summary>The largest drift of each preserved prompt, ‖ΔW k‖ ÷ ‖W₀ k‖.</summary>
    public ImmutableArray<DriftView> Drift { get => field.IsDefault ? [] : field; init; }

    /// <summary>The rounds in which the edit was hardened.</summary>
    public ImmutableArray<HardeningView> Hardening { get => field.IsDefault ? [] : field; init; }

    /// <summary>By which the edited text encoders are known in use; null without one.</summary>
    public FingerprintView? Fingerprint { get; init; }

    /// <summary>The ways from the prompt to the picture.</summary>
    public ImmutableArray<TextPathView> TextPaths { get => field.IsDefault ? [] : field; init; }
}

/// <summary>The layers that a trace chose in one component.</summary>
/// <param name="Component">The component.</param>
/// <param name="Chosen">Layers, counted from 0.</param>
/// <param name="IsLocalised">Whether the trace found a place at all.</param>
/// <param name="Evidence">What it found, as objects of a trace.</param>
public sealed record LayersView(string Component, ImmutableArray<int> Chosen, bool IsLocalised, ImmutableArray<JsonElement> Evidence);

/// <summary>A round in which inputs that still lead to a concept were searched and edited, too.</summary>
/// <param name="Round">From 1.</param>
/// <param name="Searched">Sentences in which each attack searched.</param>
/// <param name="Found">In how many of them each attack found an input.</param>
/// <param name="Outcome">What was done.</param>
/// <param name="WorstDrift">Largest drift of a preserved prompt with these inputs; null where there is none.</param>
public sealed record HardeningView(int Round, int Searched, ImmutableArray<HardeningFindingView> Found, HardeningWord Outcome, double? WorstDrift = null);

/// <summary>What an attack found in a round.</summary>
/// <param name="Attack">The attack.</param>
/// <param name="Count">In how many sentences.</param>
public sealed record HardeningFindingView(string Attack, int Count);

/// <summary>A tensor that differs from the base.</summary>
/// <param name="Component">The component.</param>
/// <param name="Tensor">The tensor's key.</param>
/// <param name="Layer">The layer, counted from 0.</param>
/// <param name="Dtype">The stored type.</param>
/// <param name="Constraints">Number of rows that were asked for.</param>
/// <param name="Preserved">Number of rows that were held.</param>
/// <param name="Captions">Captions of ordinary text behind the covariance; 0 for none.</param>
/// <param name="FrobeniusDelta">‖W − W₀‖.</param>
/// <param name="RelativeDelta">‖W − W₀‖ ÷ ‖W₀‖.</param>
/// <param name="MaxAbsDelta">Largest change of an element.</param>
/// <param name="ConditionNumber">Of the system that was solved.</param>
/// <param name="Residual">‖W K − V‖ ÷ ‖V‖.</param>
/// <param name="RoundingError">‖stored W − W‖ ÷ ‖W − W₀‖.</param>
/// <param name="DigestBefore">SHA-256 of the base's bytes.</param>
/// <param name="DigestAfter">SHA-256 of the edited bytes.</param>
/// <param name="RederivationBound">How far the tensor may be from what is solved again elsewhere, ÷ ‖W − W₀‖; null in reports of earlier versions.</param>
public sealed record TensorView(string Component, string Tensor, int Layer, string Dtype, int Constraints, int Preserved, int Captions, double? FrobeniusDelta, double? RelativeDelta, double? MaxAbsDelta, double? ConditionNumber, double? Residual, double? RoundingError, string DigestBefore, string DigestAfter, double? RederivationBound = null);

/// <summary>What edited text encoders compute on canary prompts.</summary>
/// <param name="Prompts">The prompts.</param>
/// <param name="Encoders">The encoders.</param>
public sealed record FingerprintView(ImmutableArray<string> Prompts, ImmutableArray<EncoderFingerprintView> Encoders);

/// <summary>What one text encoder computes on canary prompts.</summary>
/// <param name="Component">The encoder.</param>
/// <param name="Layers">Layers that the prompts went through.</param>
/// <param name="Edited">A sketch of the edited encoder's states for each prompt.</param>
/// <param name="Base">The same of the base's encoder.</param>
public sealed record EncoderFingerprintView(string Component, int Layers, ImmutableArray<ImmutableArray<double>> Edited, ImmutableArray<ImmutableArray<double>> Base);

/// <summary>How far a preserved prompt was moved.</summary>
/// <param name="Name">The preserved name.</param>
/// <param name="Prompt">The prompt.</param>
/// <param name="Drift">‖ΔW k‖ ÷ ‖W₀ k‖.</param>
public sealed record DriftView(string Name, string Prompt, double? Drift);

/// <summary>A way from the prompt to the picture.</summary>
/// <param name="Path">The way.</param>
/// <param name="Edited">Whether the edit lies on it.</param>
public sealed record TextPathView(string Path, bool Edited);

/// <summary>Which tokens of a subject were edited.</summary>
[JsonConverter(typeof(WordConverter<TokensWord>))]
public enum TokensWord
{
    /// <summary>The subject's last.</summary>
    LastSubject,

    /// <summary>From the subject's last to the end of the text.</summary>
    SubjectToEnd,
}

/// <summary>How preserved prompts were held.</summary>
[JsonConverter(typeof(WordConverter<PreserveWord>))]
public enum PreserveWord
{
    /// <summary>By weight.</summary>
    Soft,

    /// <summary>Exactly.</summary>
    Hard,
}

/// <summary>How a round of hardening ended.</summary>
[JsonConverter(typeof(WordConverter<HardeningWord>))]
public enum HardeningWord
{
    /// <summary>Nothing was found.</summary>
    Held,

    /// <summary>The edit was solved again with what was found.</summary>
    Solved,

    /// <summary>A preserved prompt would have drifted too far, so the solution before stays.</summary>
    GivenUp,
}
