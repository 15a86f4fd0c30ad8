using System.Collections.Immutable;
using System.Text.Json;

namespace ModelGuard.Testing.FullSize;

/// <summary>The tensors of a VAE, from its config alone (diffusers' <c>autoencoder_kl.py</c>).</summary>
public static class VaeShapes
{
    public static ImmutableArray<TensorShape> Of(JsonElement config)
    {
        var list = new ShapeList();
        long Get(string key) => config.GetProperty(key).GetInt64();
        long[] channels = [.. config.GetProperty("block_out_channels").EnumerateArray().Select(e => e.GetInt64())];
        long latent = Get("latent_channels"), layers = Get("layers_per_block");
        list.Conv("encoder.conv_in", Get("in_channels"), channels[0], 3);
        Blocks(list, "encoder.down_blocks", channels, layers, "downsamplers");
        Ends(list, "encoder", channels[^1], channels[^1], 2 * latent);
        list.Conv("decoder.conv_in", latent, channels[^1], 3);
        Blocks(list, "decoder.up_blocks", [.. channels.Reverse()], layers + 1, "upsamplers");
        Ends(list, "decoder", channels[^1], channels[0], Get("out_channels"));
        list.Conv("quant_conv", 2 * latent, 2 * latent, 1);
        list.Conv("post_quant_conv", latent, latent, 1);
        return list.Shapes;
    }

    private static void Blocks(ShapeList list, string name, long[] channels, long layers, string sampler)
    {
        for (var i = 0; i < channels.Length; i++)
        {
            for (var j = 0; j < layers; j++) list.Resnet(FormattableString.Invariant($"{name}.{i}.resnets.{j}"), j == 0 ? channels[Math.Max(i - 1, 0)] : channels[i], channels[i], null);
            if (i < channels.Length - 1) list.Conv(FormattableString.Invariant($"{name}.{i}.{sampler}.0.conv"), channels[i], channels[i], 3);
        }
    }

    private static void Ends(ShapeList list, string name, long middle, long last, long to)
    {
        list.Resnet(name + ".mid_block.resnets.0", middle, middle, null);
        list.Norm(name + ".mid_block.attentions.0.group_norm", middle);
        foreach (var part in new[] { "to_q", "to_k", "to_v", "to_out.0" }) list.Linear($"{name}.mid_block.attentions.0.{part}", middle, middle);
        list.Resnet(name + ".mid_block.resnets.1", middle, middle, null);
        list.Norm(name + ".conv_norm_out", last);
        list.Conv(name + ".conv_out", last, to, 3);
    }
}
