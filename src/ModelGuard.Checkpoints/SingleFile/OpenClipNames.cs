using System.Collections.Immutable;

namespace ModelGuard.Checkpoints.SingleFile;

/// <summary>A text encoder under OpenCLIP's names: queries, keys and values in one tensor, and the projection as a plain matrix.</summary>
/// <param name="layers">Layers that the network has.</param>
/// <param name="stored">Layers that are there.</param>
/// <param name="projection">The name of the projection, or null.</param>
internal sealed class OpenClipNames(int layers, int stored, string? projection) : NetworkNames
{
    private const string Matrix = "text_projection";
    private const string LinearLayer = "text_projection.weight";
    private static readonly string[] Surplus = ["logit_scale", "attn_mask", Matrix, LinearLayer];
    private static readonly (string Original, string Reference)[] Layer = [("attn.out_proj", "self_attn.out_proj"), ("ln_1", "layer_norm1"), ("ln_2", "layer_norm2"), ("mlp.c_fc", "mlp.fc1"), ("mlp.c_proj", "mlp.fc2")];
    private static readonly (string Name, Placement Placement)[] Thirds = [("q_proj", Placement.Query), ("k_proj", Placement.Key), ("v_proj", Placement.Value)];

    public override ImmutableArray<NamePair> Pairs { get; } = [.. All(layers, projection)];

    /// <summary>
    /// Whether a tensor has no part in the network: parts of CLIP that a text encoder does without, layers behind the last one that is used, and
    /// the indices that some tools leave behind.
    /// </summary>
    public override bool IsUnused(string original) => original.EndsWith(".position_ids", StringComparison.Ordinal)
        || (original is Matrix or LinearLayer ? projection is null : Surplus.Contains(original, StringComparer.Ordinal))
        || (original.Split('.') is ["transformer", "resblocks", var index, ..] && int.TryParse(index, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var layer) && layer >= layers && layer < stored);

    /// <summary>
    /// Reads the depth. Stable Diffusion 2 takes the state before the last layer, so diffusers leaves that layer out; a file that was converted
    /// from a folder does not have it. The parts that only a whole CLIP has tell the two apart.
    /// </summary>
    public static OpenClipNames OfOriginal(NameTree tree, bool isProjected, int? layers)
    {
        var count = tree.Count("transformer.resblocks");
        var isWhole = Surplus.Any(tree.Has) || count == 24;
        var used = isProjected ? count : Math.Min(layers ?? (isWhole ? Math.Max(count - 1, 0) : count), count);
        return new OpenClipNames(used, count, !isProjected ? null : tree.Has(LinearLayer) ? LinearLayer : Matrix);
    }

    public static OpenClipNames OfReference(NameTree tree, bool isProjected)
    {
        var count = tree.Count("text_model.encoder.layers");
        return new OpenClipNames(count, count, isProjected ? Matrix : null);
    }

    private static IEnumerable<NamePair> All(int layers, string? projection)
    {
        yield return new NamePair("token_embedding.weight", "text_model.embeddings.token_embedding.weight");
        yield return new NamePair("positional_embedding", "text_model.embeddings.position_embedding.weight");
        for (var i = 0; i < layers; i++)
        {
            var (original, reference) = (FormattableString.Invariant($"transformer.resblocks.{i}"), FormattableString.Invariant($"text_model.encoder.layers.{i}"));
            foreach (var kind in new[] { "weight", "bias" })
            {
                foreach (var (name, placement) in Thirds) yield return new NamePair($"{original}.attn.in_proj_{kind}", $"{reference}.self_attn.{name}.{kind}", placement);
            }

            foreach (var pair in Layer.SelectMany(l => NamePair.Layer($"{original}.{l.Original}", $"{reference}.{l.Reference}"))) yield return pair;
        }

        foreach (var pair in NamePair.Layer("ln_final", "text_model.final_layer_norm")) yield return pair;
        if (projection is not null) yield return new NamePair(projection, "text_projection.weight", projection == Matrix ? Placement.Transposed : Placement.Same);
    }
}
