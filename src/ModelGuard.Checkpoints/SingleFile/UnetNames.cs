using System.Collections.Immutable;

namespace ModelGuard.Checkpoints.SingleFile;

/// <summary>A level of a UNet, on the way down or up.</summary>
/// <param name="Transformers">For each resnet, how many transformer blocks stand behind it; 0 for no attention.</param>
/// <param name="HasSampler">Whether it ends with a change of size.</param>
internal sealed record UnetLevel(ImmutableArray<int> Transformers, bool HasSampler);

/// <summary>
/// A UNet. The original counts all steps in one row (<c>input_blocks</c>, <c>output_blocks</c>), a downsampler being a step and an upsampler the
/// end of one; diffusers counts levels, and resnets and attentions in each.
/// </summary>
internal sealed class UnetNames(ImmutableArray<UnetLevel> down, ImmutableArray<int> middle, ImmutableArray<UnetLevel> up) : NetworkNames
{
    private static readonly (string Original, string Reference)[] Resnet =
        [("in_layers.0", "norm1"), ("in_layers.2", "conv1"), ("emb_layers.1", "time_emb_proj"), ("out_layers.0", "norm2"), ("out_layers.3", "conv2"), ("skip_connection", "conv_shortcut")];

    // The same on both sides.
    private static readonly string[] TransformerBlock =
        ["norm1", "attn1.to_q", "attn1.to_k", "attn1.to_v", "attn1.to_out.0", "norm2", "attn2.to_q", "attn2.to_k", "attn2.to_v", "attn2.to_out.0", "norm3", "ff.net.0.proj", "ff.net.2"];

    /// <summary>Levels on the way down.</summary>
    public ImmutableArray<UnetLevel> Down => down;

    /// <summary>Transformer blocks between the resnets of the middle.</summary>
    public ImmutableArray<int> Middle => middle;

    /// <summary>Levels on the way up.</summary>
    public ImmutableArray<UnetLevel> Up => up;

    public override ImmutableArray<NamePair> Pairs { get; } = [.. All(down, middle, up)];

    public static UnetNames OfOriginal(NameTree tree)
    {
        var (down, up) = (new Levels(), new Levels());
        for (var n = 1; n < tree.Count("input_blocks"); n++)
        {
            if (tree.Has(FormattableString.Invariant($"input_blocks.{n}.0.op"))) down.End();
            else down.Add(tree.Count(FormattableString.Invariant($"input_blocks.{n}.1.transformer_blocks")));
        }

        for (var n = 0; n < tree.Count("output_blocks"); n++)
        {
            var blocks = tree.Count(FormattableString.Invariant($"output_blocks.{n}.1.transformer_blocks"));
            up.Add(blocks);
            if (tree.Has(FormattableString.Invariant($"output_blocks.{n}.{Upsampler(blocks)}.conv"))) up.End();
        }

        var attentions = Math.Max(tree.Count("middle_block") - 1, 0) / 2;
        return new UnetNames(down.Whole, [.. Enumerable.Range(0, attentions).Select(i => tree.Count(FormattableString.Invariant($"middle_block.{(2 * i) + 1}.transformer_blocks")))], up.Whole);
    }

    public static UnetNames OfReference(NameTree tree)
    {
        return new UnetNames(Side("down_blocks", "downsamplers"), Attentions("mid_block", Math.Max(tree.Count("mid_block.resnets") - 1, 0)), Side("up_blocks", "upsamplers"));

        ImmutableArray<UnetLevel> Side(string side, string sampler) =>
            [.. Enumerable.Range(0, tree.Count(side)).Select(i => FormattableString.Invariant($"{side}.{i}")).Select(level => new UnetLevel(Attentions(level, tree.Count($"{level}.resnets")), tree.Has($"{level}.{sampler}.0")))];

        ImmutableArray<int> Attentions(string level, int count) =>
            [.. Enumerable.Range(0, count).Select(j => tree.Count(FormattableString.Invariant($"{level}.attentions.{j}.transformer_blocks")))];
    }

    private static IEnumerable<NamePair> All(ImmutableArray<UnetLevel> down, ImmutableArray<int> middle, ImmutableArray<UnetLevel> up) =>
    [
        .. NamePair.Layer("time_embed.0", "time_embedding.linear_1"), .. NamePair.Layer("time_embed.2", "time_embedding.linear_2"),
        .. NamePair.Layer("label_emb.0.0", "add_embedding.linear_1"), .. NamePair.Layer("label_emb.0.2", "add_embedding.linear_2"),
        .. NamePair.Layer("input_blocks.0.0", "conv_in"), .. NamePair.Layer("out.0", "conv_norm_out"), .. NamePair.Layer("out.2", "conv_out"),
        .. DownSide(down), .. MiddleBlock(middle), .. UpSide(up),
    ];

    private static IEnumerable<NamePair> DownSide(ImmutableArray<UnetLevel> levels)
    {
        var step = 1;
        for (var i = 0; i < levels.Length; i++)
        {
            for (var j = 0; j < levels[i].Transformers.Length; j++, step++)
            {
                foreach (var pair in Step(FormattableString.Invariant($"input_blocks.{step}"), FormattableString.Invariant($"down_blocks.{i}"), j, levels[i].Transformers[j])) yield return pair;
            }

            if (!levels[i].HasSampler) continue;
            foreach (var pair in NamePair.Layer(FormattableString.Invariant($"input_blocks.{step++}.0.op"), FormattableString.Invariant($"down_blocks.{i}.downsamplers.0.conv"))) yield return pair;
        }
    }

    private static IEnumerable<NamePair> MiddleBlock(ImmutableArray<int> middle)
    {
        foreach (var pair in ResnetPairs("middle_block.0", "mid_block.resnets.0")) yield return pair;
        for (var i = 0; i < middle.Length; i++)
        {
            var attention = Attention(FormattableString.Invariant($"middle_block.{(2 * i) + 1}"), FormattableString.Invariant($"mid_block.attentions.{i}"), middle[i]);
            var resnet = ResnetPairs(FormattableString.Invariant($"middle_block.{(2 * i) + 2}"), FormattableString.Invariant($"mid_block.resnets.{i + 1}"));
            foreach (var pair in attention.Concat(resnet)) yield return pair;
        }
    }

    private static IEnumerable<NamePair> UpSide(ImmutableArray<UnetLevel> levels)
    {
        var step = 0;
        for (var i = 0; i < levels.Length; i++)
        {
            for (var j = 0; j < levels[i].Transformers.Length; j++, step++)
            {
                foreach (var pair in Step(FormattableString.Invariant($"output_blocks.{step}"), FormattableString.Invariant($"up_blocks.{i}"), j, levels[i].Transformers[j])) yield return pair;
            }

            if (!levels[i].HasSampler || levels[i].Transformers.IsEmpty) continue;
            foreach (var pair in NamePair.Layer(FormattableString.Invariant($"output_blocks.{step - 1}.{Upsampler(levels[i].Transformers[^1])}.conv"), FormattableString.Invariant($"up_blocks.{i}.upsamplers.0.conv"))) yield return pair;
        }
    }

    // Behind the resnet, and behind the attention if there is one.
    private static int Upsampler(int transformers) => transformers > 0 ? 2 : 1;

    private static IEnumerable<NamePair> Step(string original, string level, int index, int transformers)
    {
        var resnet = ResnetPairs($"{original}.0", FormattableString.Invariant($"{level}.resnets.{index}"));
        return transformers == 0 ? resnet : resnet.Concat(Attention($"{original}.1", FormattableString.Invariant($"{level}.attentions.{index}"), transformers));
    }

    private static IEnumerable<NamePair> ResnetPairs(string original, string reference) => Resnet.SelectMany(r => NamePair.Layer($"{original}.{r.Original}", $"{reference}.{r.Reference}"));

    private static IEnumerable<NamePair> Attention(string original, string reference, int transformers)
    {
        string[] blocks = [.. Enumerable.Range(0, transformers).SelectMany(i => TransformerBlock.Select(b => FormattableString.Invariant($"transformer_blocks.{i}.{b}")))];
        return new[] { "norm", "proj_in", "proj_out" }.Concat(blocks).SelectMany(name => NamePair.Layer($"{original}.{name}", $"{reference}.{name}"));
    }

    private sealed class Levels
    {
        private readonly ImmutableArray<UnetLevel>.Builder done = ImmutableArray.CreateBuilder<UnetLevel>();
        private readonly ImmutableArray<int>.Builder open = ImmutableArray.CreateBuilder<int>();

        public ImmutableArray<UnetLevel> Whole => open.Count == 0 ? done.ToImmutable() : [.. done, new UnetLevel(open.ToImmutable(), HasSampler: false)];

        public void Add(int transformers) => open.Add(transformers);

        public void End()
        {
            done.Add(new UnetLevel(open.ToImmutable(), HasSampler: true));
            open.Clear();
        }
    }
}
