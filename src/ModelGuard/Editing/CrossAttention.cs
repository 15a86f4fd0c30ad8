using System.Collections.Immutable;
using System.Globalization;
using ModelGuard.Checkpoints;

namespace ModelGuard.Editing;

/// <summary>A cross-attention layer of a UNet, numbered from 0 on the way through it.</summary>
/// <param name="Index">Its number: those on the way down, in the middle, on the way up.</param>
/// <param name="Path">Its module, for example <c>mid_block.attentions.0.transformer_blocks.0.attn2</c>.</param>
internal sealed record CrossAttentionLayer(int Index, string Path)
{
    private const string Key = ".attn2.to_k.weight";
    private static readonly ImmutableArray<string> Sections = ["down_blocks", "mid_block", "up_blocks"];

    /// <summary>The weights that read the text.</summary>
    public ImmutableArray<string> Weights => [Path + ".to_k.weight", Path + ".to_v.weight"];

    /// <summary>All cross-attention layers of a UNet.</summary>
    public static ImmutableArray<CrossAttentionLayer> Of(ComponentWeights unet) =>
    [
        .. unet.Tensors.Select(t => t.Name).Where(n => n.EndsWith(Key, StringComparison.Ordinal))
            .Select(n => n[..^".to_k.weight".Length])
            .OrderBy(p => Sections.IndexOf(p.Split('.')[0]))
            .ThenBy(Numbered, StringComparer.Ordinal)
            .Select((path, index) => new CrossAttentionLayer(index, path)),
    ];

    // Ten comes after nine.
    private static string Numbered(string path) => string.Join('.', path.Split('.').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number.ToString("D6", CultureInfo.InvariantCulture) : part));
}
