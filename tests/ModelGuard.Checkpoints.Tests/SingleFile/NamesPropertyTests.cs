using System.Collections.Immutable;
using CsCheck;
using ModelGuard.Checkpoints.SingleFile;

namespace ModelGuard.Checkpoints.Tests.SingleFile;

public sealed class NamesPropertyTests
{
    // Every level but the last one ends with a change of size, as in every UNet: nothing else ends a level in the original.
    private static readonly Gen<ImmutableArray<UnetLevel>> UnetSide =
        from levels in Gen.Int[0, 4].Array[1, 4].Array[1, 5]
        select levels.Select((l, i) => new UnetLevel([.. l], i < levels.Length - 1)).ToImmutableArray();

    private static readonly Gen<UnetNames> Unets =
        from down in UnetSide
        from middle in Gen.Int[1, 4].Array[0, 3]
        from up in UnetSide
        select new UnetNames(down, [.. middle], up);

    private static readonly Gen<ImmutableArray<VaeLevel>> VaeSide =
        from levels in Gen.Select(Gen.Int[1, 4], Gen.Bool).Array[1, 5]
        select levels.Select(l => new VaeLevel(l.Item1, l.Item2)).ToImmutableArray();

    [Fact]
    public void The_names_of_a_UNet_go_to_a_single_file_and_back() => Unets.Sample(names => AssertSame(NetworkKind.Unet, names), iter: 200);

    [Fact]
    public void The_names_of_a_VAE_go_to_a_single_file_and_back() =>
        Gen.Select(VaeSide, VaeSide).Sample((encoder, decoder) => AssertSame(NetworkKind.Vae, new VaeNames(encoder, decoder)), iter: 200);

    [Fact]
    public void The_names_of_text_encoders_go_to_a_single_file_and_back() => Gen.Int[1, 40].Sample(
        layers =>
        {
            AssertSame(NetworkKind.Clip, new ClipNames(layers, "text_model."));
            AssertSame(NetworkKind.ProjectedOpenClip, new OpenClipNames(layers, layers, "text_projection"));
            // A tower of 24 layers counts as whole, with a last one that is not used; a config says otherwise.
            AssertSame(NetworkKind.OpenClip, new OpenClipNames(layers, layers, null), layers);
        },
        iter: 40);

    [Fact]
    public void Names_that_were_not_made_by_a_network_never_fail() => Gen.Select(
        Gen.OneOfConst(Enum.GetValues<NetworkKind>()),
        Gen.OneOfConst("input_blocks", "output_blocks", "middle_block", "down_blocks", "up_blocks", "resnets", "attentions", "transformer_blocks", "0", "1", "2", "999999999", "-1", "", "op", "conv", "weight", "text_model", "encoder", "layers", "transformer", "resblocks", "down", "up", "block").Array[0, 8].Select(p => string.Join('.', p)).Array[0, 20]).Sample(
        (kind, keys) =>
        {
            var tree = new NameTree(keys);
            foreach (var names in new[] { NetworkNames.OfOriginal(kind, tree), NetworkNames.OfReference(kind, tree) })
            {
                Assert.Equal(names.Pairs.Length, names.Pairs.Select(p => (p.Original, p.Placement)).Distinct().Count());
                Assert.Equal(names.Pairs.Length, names.Pairs.Select(p => p.Reference).Distinct(StringComparer.Ordinal).Count());
                foreach (var key in keys) names.IsUnused(key);
            }
        },
        iter: 500);

    [Fact]
    public void A_name_of_a_million_dots_is_no_trouble()
    {
        var tree = new NameTree([new string('.', 1_000_000), "input_blocks.1"]);

        Assert.True(tree.Has("input_blocks"));
        Assert.Equal(0, tree.Count("."));
    }

    [Fact]
    public void A_million_layers_are_no_trouble()
    {
        var tree = new NameTree(Enumerable.Range(0, 1_000_000).Select(i => FormattableString.Invariant($"input_blocks.{i}.0.in_layers.0.weight")));

        Assert.InRange(NetworkNames.OfOriginal(NetworkKind.Unet, tree).Pairs.Length, 1, 10_000);
    }

    // Names of published models, as every tool writes them.
    [Theory]
    [InlineData("input_blocks.3.0.op.weight", "down_blocks.0.downsamplers.0.conv.weight")]
    [InlineData("input_blocks.4.0.skip_connection.weight", "down_blocks.1.resnets.0.conv_shortcut.weight")]
    [InlineData("input_blocks.8.1.transformer_blocks.0.attn2.to_out.0.bias", "down_blocks.2.attentions.1.transformer_blocks.0.attn2.to_out.0.bias")]
    [InlineData("input_blocks.11.0.emb_layers.1.weight", "down_blocks.3.resnets.1.time_emb_proj.weight")]
    [InlineData("middle_block.1.proj_in.weight", "mid_block.attentions.0.proj_in.weight")]
    [InlineData("middle_block.2.out_layers.3.bias", "mid_block.resnets.1.conv2.bias")]
    [InlineData("output_blocks.2.1.conv.weight", "up_blocks.0.upsamplers.0.conv.weight")]
    [InlineData("output_blocks.5.2.conv.weight", "up_blocks.1.upsamplers.0.conv.weight")]
    [InlineData("output_blocks.11.0.in_layers.0.weight", "up_blocks.3.resnets.2.norm1.weight")]
    public void Known_names_of_Stable_Diffusion_15_are_mapped_as_diffusers_maps_them(string original, string reference)
    {
        const string Root = "model.diffusion_model.";
        var names = NetworkNames.OfOriginal(NetworkKind.Unet, new NameTree(LdmShapes.Sd15().Select(t => t.Name).Where(n => n.StartsWith(Root, StringComparison.Ordinal)).Select(n => n[Root.Length..])));

        Assert.Equal(reference, names.Pairs.Single(p => p.Original == original).Reference);
    }

    private static void AssertSame(NetworkKind kind, NetworkNames names, int? layers = null)
    {
        var fromReference = NetworkNames.OfReference(kind, new NameTree(names.Pairs.Select(p => p.Reference)));
        var fromOriginal = NetworkNames.OfOriginal(kind, new NameTree(names.Pairs.Select(p => p.Original)), layers);

        Assert.Equal(names.Pairs.Order(ByName), fromReference.Pairs.Order(ByName));
        Assert.Equal(names.Pairs.Order(ByName), fromOriginal.Pairs.Order(ByName));
        Assert.All(names.Pairs, p => Assert.False(names.IsUnused(p.Original)));
    }

    private static Comparer<NamePair> ByName { get; } = Comparer<NamePair>.Create((a, b) => string.CompareOrdinal(a.Reference, b.Reference));
}
