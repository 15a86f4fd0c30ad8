using System.Collections.Frozen;
using System.Collections.Immutable;
using ModelGuard.Checkpoints;

namespace ModelGuard.Editing;

/// <summary>A way on which a prompt reaches the picture.</summary>
/// <param name="Name">For people, for example <c>text_encoder_2 → add_embedding</c>.</param>
/// <param name="IsEdited">Whether an edited weight lies on it.</param>
public sealed record TextPath(string Name, bool IsEdited);

/// <summary>
/// Follows a prompt to the picture: a way without an edited weight still shows the concept. Published edits of Stable Diffusion XL leave the
/// pooled text alone, and objects stay.
/// </summary>
public static class TextPaths
{
    // Encoders that no method here reads.
    private static readonly FrozenDictionary<string, string> OtherEncoders = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["StableDiffusion3Pipeline"] = "text_encoder_3",
        ["FluxPipeline"] = "text_encoder_2",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Every way of a model, and whether the edit lies on it.</summary>
    /// <param name="checkpoint">The base.</param>
    /// <param name="edits">The edited tensors.</param>
    public static ImmutableArray<TextPath> Of(Checkpoint checkpoint, ImmutableArray<EditedTensor> edits)
    {
        var encoders = edits.Select(e => e.Component).ToHashSet(StringComparer.Ordinal);
        var names = edits.Where(e => e.Component == "unet").Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
        var paths = ImmutableArray.CreateBuilder<TextPath>();
        foreach (var encoder in checkpoint.TextEncoders.Select(e => e.Component))
        {
            // A window is a choice: the layers outside it are not held to be ways of their own.
            paths.Add(new TextPath($"{encoder} → cross-attention", encoders.Contains(encoder) || names.Any(n => n.Contains(".attn2.", StringComparison.Ordinal))));
        }

        if (checkpoint.TextEncoders is [_, .., var second] && checkpoint.Family.CanGenerate) paths.Add(new TextPath($"{second.Component} → pooled text → add_embedding", encoders.Contains(second.Component) || names.Contains(CrossAttentionEdit.PooledWeight)));
        if (OtherEncoders.TryGetValue(checkpoint.Family.PipelineClass, out var other)) paths.Add(new TextPath($"{other} (T5) → the picture", false));
        return paths.ToImmutable();
    }
}
