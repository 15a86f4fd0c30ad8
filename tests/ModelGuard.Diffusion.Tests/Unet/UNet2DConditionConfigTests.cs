using System.Text.Json.Nodes;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Configuration;
using ModelGuard.Diffusion.Unet;

namespace ModelGuard.Diffusion.Tests.Unet;

public sealed class UNet2DConditionConfigTests
{
    [Theory]
    [InlineData("addition_embed_type", "\"image\"", "MG0222")]
    [InlineData("addition_embed_type", "\"text_time\"", "MG0224")]
    [InlineData("projection_class_embeddings_input_dim", "88", "MG0222")]
    [InlineData("transformer_layers_per_block", "[1, [1, 2], 1, 1]", "MG0224")]
    [InlineData("mid_block_type", "\"UNetMidBlock2D\"", "MG0222")]
    [InlineData("time_cond_proj_dim", "256", "MG0222")]
    [InlineData("down_block_types", "[\"AttnDownBlock2D\", \"DownBlock2D\", \"DownBlock2D\", \"DownBlock2D\"]", "MG0222")]
    [InlineData("a_new_key", "true", "MG0223")]
    [InlineData("block_out_channels", "[]", "MG0224")]
    [InlineData("block_out_channels", "[-16, 16, 16, 32]", "MG0224")]
    [InlineData("block_out_channels", "[16, 16, 16, 4611686018427387904]", "MG0224")]
    [InlineData("block_out_channels", "\"wide\"", "MG0224")]
    [InlineData("norm_num_groups", "0", "MG0224")]
    [InlineData("norm_num_groups", "5", "MG0225")]
    [InlineData("attention_head_dim", "0", "MG0224")]
    [InlineData("attention_head_dim", "7", "MG0225")]
    [InlineData("layers_per_block", "9999999999", "MG0224")]
    [InlineData("transformer_layers_per_block", "-1", "MG0224")]
    [InlineData("cross_attention_dim", "0", "MG0224")]
    [InlineData("norm_eps", "0", "MG0224")]
    [InlineData("up_block_types", "[\"UpBlock2D\"]", "MG0226")]
    public void What_cannot_be_honoured_is_refused_by_its_key(string key, string value, string code)
    {
        var path = Path.Combine(Golden.Model("sd1-tiny"), "unet", "config.json");
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        json[key] = JsonNode.Parse(value);
        var config = ModelConfig.Parse(json.ToJsonString(), "unet/config.json");

        var error = Assert.Throws<CheckpointException>(() =>
        {
            UNet2DConditionConfig.From(config);
            config.Complete();
        });

        Assert.Equal(code, error.Code);
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_old_short_config_means_the_same()
    {
        var config = ModelConfig.Read(Path.Combine(Golden.Model("sd1-tiny-legacy"), "unet", "config.json"));
        var full = ModelConfig.Read(Path.Combine(Golden.Model("sd1-tiny"), "unet", "config.json"));

        var settings = UNet2DConditionConfig.From(config);
        config.Complete();

        Assert.Equivalent(UNet2DConditionConfig.From(full), settings);
    }
}
