using System.Collections.Immutable;
using System.Text.Json;

namespace ModelGuard.Testing.FullSize;

/// <summary>The tensors of a UNet, from its config alone (diffusers' <c>unet_2d_condition.py</c>).</summary>
public static class UnetShapes
{
    public static ImmutableArray<TensorShape> Of(JsonElement config) => new Writer(config).Write();

    private sealed class Writer(JsonElement config)
    {
        private readonly ShapeList list = new();
        private readonly long[] channels = [.. config.GetProperty("block_out_channels").EnumerateArray().Select(e => e.GetInt64())];
        private readonly long time = config.GetProperty("block_out_channels")[0].GetInt64() * 4;
        private readonly long context = config.GetProperty("cross_attention_dim").GetInt64();
        private readonly bool isLinear = config.TryGetProperty("use_linear_projection", out var linear) && linear.ValueKind == JsonValueKind.True;

        public ImmutableArray<TensorShape> Write()
        {
            list.Conv("conv_in", config.GetProperty("in_channels").GetInt64(), channels[0], 3);
            list.Linear("time_embedding.linear_1", channels[0], time);
            list.Linear("time_embedding.linear_2", time, time);
            if (config.TryGetProperty("projection_class_embeddings_input_dim", out var added) && added.ValueKind == JsonValueKind.Number)
            {
                list.Linear("add_embedding.linear_1", added.GetInt64(), time);
                list.Linear("add_embedding.linear_2", time, time);
            }

            var (down, up) = (Types("down_block_types"), Types("up_block_types"));
            for (var i = 0; i < channels.Length; i++) Down(i, down[i]);
            list.Resnet("mid_block.resnets.0", channels[^1], channels[^1], time);
            Transformer("mid_block.attentions.0", channels[^1], Depth(channels.Length - 1));
            list.Resnet("mid_block.resnets.1", channels[^1], channels[^1], time);
            for (var i = 0; i < channels.Length; i++) Up(i, up[i]);
            list.Norm("conv_norm_out", channels[0]);
            list.Conv("conv_out", channels[0], config.GetProperty("out_channels").GetInt64(), 3);
            return list.Shapes;
        }

        private void Down(int level, bool hasAttention)
        {
            var block = FormattableString.Invariant($"down_blocks.{level}");
            for (var j = 0; j < 2; j++)
            {
                list.Resnet(FormattableString.Invariant($"{block}.resnets.{j}"), j == 0 ? channels[Math.Max(level - 1, 0)] : channels[level], channels[level], time);
                if (hasAttention) Transformer(FormattableString.Invariant($"{block}.attentions.{j}"), channels[level], Depth(level));
            }

            if (level < channels.Length - 1) list.Conv(block + ".downsamplers.0.conv", channels[level], channels[level], 3);
        }

        private void Up(int position, bool hasAttention)
        {
            var block = FormattableString.Invariant($"up_blocks.{position}");
            var level = channels.Length - 1 - position;
            for (var j = 0; j < 3; j++)
            {
                var before = j == 0 ? channels[Math.Min(level + 1, channels.Length - 1)] : channels[level];
                var skip = j == 2 ? channels[Math.Max(level - 1, 0)] : channels[level];
                list.Resnet(FormattableString.Invariant($"{block}.resnets.{j}"), before + skip, channels[level], time);
                if (hasAttention) Transformer(FormattableString.Invariant($"{block}.attentions.{j}"), channels[level], Depth(level));
            }

            if (level > 0) list.Conv(block + ".upsamplers.0.conv", channels[level], channels[level], 3);
        }

        private void Transformer(string name, long width, long depth)
        {
            list.Norm(name + ".norm", width);
            Project(name + ".proj_in", width);
            for (var i = 0; i < depth; i++)
            {
                var block = FormattableString.Invariant($"{name}.transformer_blocks.{i}");
                list.Norm(block + ".norm1", width);
                Attention(block + ".attn1", width, width);
                list.Norm(block + ".norm2", width);
                Attention(block + ".attn2", width, context);
                list.Norm(block + ".norm3", width);
                list.Linear(block + ".ff.net.0.proj", width, width * 8);
                list.Linear(block + ".ff.net.2", width * 4, width);
            }

            Project(name + ".proj_out", width);
        }

        private void Attention(string name, long width, long from)
        {
            list.Linear(name + ".to_q", width, width, hasBias: false);
            list.Linear(name + ".to_k", from, width, hasBias: false);
            list.Linear(name + ".to_v", from, width, hasBias: false);
            list.Linear(name + ".to_out.0", width, width);
        }

        private void Project(string name, long width)
        {
            if (isLinear) list.Linear(name, width, width);
            else list.Conv(name, width, width, 1);
        }

        private long Depth(int level) => !config.TryGetProperty("transformer_layers_per_block", out var layers) ? 1
            : layers.ValueKind == JsonValueKind.Array ? layers[level].GetInt64() : layers.GetInt64();

        private bool[] Types(string key) => [.. config.GetProperty(key).EnumerateArray().Select(e => e.GetString()!.StartsWith("CrossAttn", StringComparison.Ordinal))];
    }
}
