using System.Collections.Immutable;

namespace ModelGuard.Checkpoints.SingleFile;

/// <summary>A level of a VAE.</summary>
/// <param name="Resnets">Number of resnets.</param>
/// <param name="HasSampler">Whether it ends with a change of size.</param>
internal sealed record VaeLevel(int Resnets, bool HasSampler);

/// <summary>A VAE. The original counts the decoder's levels by their size, diffusers in the order of their work: one is the reverse of the other.</summary>
/// <param name="encoder">The encoder's levels.</param>
/// <param name="decoder">The decoder's levels, in the order of their work.</param>
/// <param name="isLegacy">Whether the reference's attention has the names that diffusers gave it until version 0.17.</param>
internal sealed class VaeNames(ImmutableArray<VaeLevel> encoder, ImmutableArray<VaeLevel> decoder, bool isLegacy = false) : NetworkNames
{
    private static readonly (string Original, string Reference)[] Resnet = [("norm1", "norm1"), ("conv1", "conv1"), ("norm2", "norm2"), ("conv2", "conv2"), ("nin_shortcut", "conv_shortcut")];
    private static readonly (string Original, string Reference, string Legacy)[] Attention = [("q", "to_q", "query"), ("k", "to_k", "key"), ("v", "to_v", "value"), ("proj_out", "to_out.0", "proj_attn")];

    /// <summary>The encoder's levels.</summary>
    public ImmutableArray<VaeLevel> Encoder => encoder;

    public override ImmutableArray<NamePair> Pairs { get; } =
    [
        .. Half("encoder", encoder.Select((level, i) => (level, $"down.{Text(i)}", $"down_blocks.{Text(i)}")), "downsample", "downsamplers", isLegacy),
        .. NamePair.Layer("quant_conv", "quant_conv"),
        .. NamePair.Layer("post_quant_conv", "post_quant_conv"),
        .. Half("decoder", decoder.Select((level, i) => (level, $"up.{Text(decoder.Length - 1 - i)}", $"up_blocks.{Text(i)}")), "upsample", "upsamplers", isLegacy),
    ];

    // The loss network and averages of the training.
    public override bool IsUnused(string original) => original.StartsWith("loss.", StringComparison.Ordinal) || original.StartsWith("model_ema.", StringComparison.Ordinal);

    public static VaeNames OfOriginal(NameTree tree) => new(
        Levels(tree, "encoder.down", "block", "downsample"),
        [.. Levels(tree, "decoder.up", "block", "upsample").Reverse()]);

    public static VaeNames OfReference(NameTree tree) => new(
        Levels(tree, "encoder.down_blocks", "resnets", "downsamplers"),
        Levels(tree, "decoder.up_blocks", "resnets", "upsamplers"),
        tree.Has("encoder.mid_block.attentions.0.query") || tree.Has("decoder.mid_block.attentions.0.query"));

    private static ImmutableArray<VaeLevel> Levels(NameTree tree, string side, string resnets, string sampler) =>
        [.. Enumerable.Range(0, tree.Count(side)).Select(i => $"{side}.{Text(i)}").Select(level => new VaeLevel(tree.Count($"{level}.{resnets}"), tree.Has($"{level}.{sampler}")))];

    private static IEnumerable<NamePair> Half(string half, IEnumerable<(VaeLevel Level, string Original, string Reference)> levels, string originalSampler, string sampler, bool isLegacy)
    {
        var pairs = new List<(string Original, string Reference)> { ("conv_in", "conv_in"), ("norm_out", "conv_norm_out"), ("conv_out", "conv_out"), ("mid.attn_1.norm", "mid_block.attentions.0.group_norm") };
        foreach (var (level, original, reference) in levels)
        {
            for (var j = 0; j < level.Resnets; j++) AddResnet($"{original}.block.{Text(j)}", $"{reference}.resnets.{Text(j)}");
            if (level.HasSampler) pairs.Add(($"{original}.{originalSampler}.conv", $"{reference}.{sampler}.0.conv"));
        }

        AddResnet("mid.block_1", "mid_block.resnets.0");
        AddResnet("mid.block_2", "mid_block.resnets.1");
        foreach (var pair in pairs.SelectMany(p => NamePair.Layer($"{half}.{p.Original}", $"{half}.{p.Reference}"))) yield return pair;
        foreach (var (name, modern, legacy) in Attention)
        {
            var (original, reference) = ($"{half}.mid.attn_1.{name}", $"{half}.mid_block.attentions.0.{(isLegacy ? legacy : modern)}");
            yield return new NamePair($"{original}.weight", $"{reference}.weight", Placement.Pointwise);
            yield return new NamePair($"{original}.bias", $"{reference}.bias");
        }

        void AddResnet(string original, string reference) => pairs.AddRange(Resnet.Select(r => ($"{original}.{r.Original}", $"{reference}.{r.Reference}")));
    }

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
