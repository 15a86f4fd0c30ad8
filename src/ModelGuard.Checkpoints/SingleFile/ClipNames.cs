using System.Collections.Immutable;

namespace ModelGuard.Checkpoints.SingleFile;

/// <summary>A text encoder under transformers' own names. Files written by early versions of transformers lack <c>text_model.</c>.</summary>
internal sealed class ClipNames(int layers, string root) : NetworkNames
{
    private const string Root = "text_model.";
    private static readonly string[] Layer = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj", "layer_norm1", "mlp.fc1", "mlp.fc2", "layer_norm2"];

    public override ImmutableArray<NamePair> Pairs { get; } = [.. Names(layers).Select(n => new NamePair(root + n, Root + n))];

    // Left by merging tools that copy the whole CLIP.
    public override bool IsUnused(string original) => original is "text_projection.weight" or "text_projection" or "logit_scale";

    public static ClipNames OfOriginal(NameTree tree) => tree.Has("text_model") ? OfReference(tree) : new(tree.Count("encoder.layers"), "");

    public static ClipNames OfReference(NameTree tree) => new(tree.Count(Root + "encoder.layers"), Root);

    private static IEnumerable<string> Names(int layers) =>
    [
        "embeddings.token_embedding.weight", "embeddings.position_embedding.weight", "embeddings.position_ids", "final_layer_norm.weight", "final_layer_norm.bias",
        .. Enumerable.Range(0, layers).SelectMany(i => Layer.SelectMany(l => new[] { FormattableString.Invariant($"encoder.layers.{i}.{l}.weight"), FormattableString.Invariant($"encoder.layers.{i}.{l}.bias") })),
    ];
}
