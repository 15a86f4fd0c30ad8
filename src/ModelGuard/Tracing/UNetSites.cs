using System.Collections.Immutable;
using ModelGuard.Diffusion.Blocks;
using ModelGuard.Diffusion.Unet;

namespace ModelGuard.Tracing;

/// <summary>The sites of a UNet, read from its modules.</summary>
internal static class UNetSites
{
    /// <summary>Every resnet, self-attention, cross-attention and feed-forward, each kind numbered in the order of computation.</summary>
    public static ImmutableArray<TraceSite> Of(UNet2DConditionModel unet)
    {
        var counts = new Dictionary<SiteKind, int>();
        var sites = ImmutableArray.CreateBuilder<TraceSite>();
        foreach (var (path, module) in unet.named_modules())
        {
            SiteKind? kind = module switch
            {
                ResnetBlock2D => SiteKind.Resnet,
                Attention when path.EndsWith(".attn1", StringComparison.Ordinal) => SiteKind.SelfAttention,
                Attention when path.EndsWith(".attn2", StringComparison.Ordinal) => SiteKind.CrossAttention,
                FeedForward => SiteKind.FeedForward,
                _ => null,
            };
            if (kind is not { } known) continue;
            var number = counts.GetValueOrDefault(known);
            counts[known] = number + 1;
            sites.Add(new TraceSite(known, path, number, 1));
        }

        return sites.ToImmutable();
    }

    /// <summary>Windows of cross-attention layers, whose keys and values are replaced together (Basu et al., 2024b, section 3).</summary>
    public static ImmutableArray<TraceSite> KeysAndValues(UNet2DConditionModel unet, int window)
    {
        var layers = Of(unet).Where(s => s.Kind == SiteKind.CrossAttention).ToArray();
        var count = Math.Min(window, layers.Length);
        return [.. Enumerable.Range(0, layers.Length - count + 1).Select(first => new TraceSite(SiteKind.KeysAndValues, layers[first].Path, first, count))];
    }

    /// <summary>The modules whose outputs a site stands for: itself, or the projections to keys and values of each layer of a window.</summary>
    public static ImmutableArray<string> Modules(UNet2DConditionModel unet, TraceSite site) => site.Kind != SiteKind.KeysAndValues
        ? [site.Path]
        : [.. Of(unet).Where(s => s.Kind == SiteKind.CrossAttention).Skip(site.First).Take(site.Count).SelectMany(s => new[] { s.Path + ".to_k", s.Path + ".to_v" })];
}
