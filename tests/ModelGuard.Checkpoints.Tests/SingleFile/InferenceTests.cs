using System.Collections.Immutable;
using System.Text.Json.Nodes;
using ModelGuard.Checkpoints.SingleFile;

namespace ModelGuard.Checkpoints.Tests.SingleFile;

/// <summary>The expected values are those of the config.json files in the public folders of Stable Diffusion 1.5, 2.1 and XL base 1.0.</summary>
public sealed class InferenceTests
{
    private static readonly Dictionary<string, string> None = new(StringComparer.Ordinal);

    // Published numbers of parameters: they hold the names above against shapes that were not written for this test.
    [Theory]
    [InlineData("sd15", "unet", 686, 859_520_964)]
    [InlineData("sd21", "unet", 686, 865_910_724)]
    [InlineData("sdxl", "unet", 1680, 2_567_463_684)]
    [InlineData("sd15", "vae", 248, 83_653_863)]
    [InlineData("sd15", "text_encoder", 197, 123_060_480 + 77)]
    [InlineData("sd21", "text_encoder", 372, 340_387_840)]
    [InlineData("sdxl", "text_encoder", 197, 123_060_480 + 77)]
    [InlineData("sdxl", "text_encoder_2", 517, 694_659_840)]
    public void A_network_has_as_many_tensors_and_parameters_as_its_diffusers_folder(string model, string component, int tensors, long parameters)
    {
        var all = Model(model);
        var part = SingleFileLayout.Recognize(all, "file").Parts.Single(p => p.Component == component);

        var placed = part.Place(all, null, "file");

        Assert.Equal(tensors, placed.Length);
        Assert.Equal(parameters, placed.Sum(t => t.Shape.Aggregate(1L, (p, s) => p * s)));
        Assert.Equal(placed.Length, placed.Select(t => t.Pair.Reference).Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("sd15", "unet", """{"act_fn":"silu","attention_head_dim":8,"block_out_channels":[320,640,1280,1280],"center_input_sample":false,"cross_attention_dim":768,"down_block_types":["CrossAttnDownBlock2D","CrossAttnDownBlock2D","CrossAttnDownBlock2D","DownBlock2D"],"downsample_padding":1,"flip_sin_to_cos":true,"freq_shift":0,"in_channels":4,"layers_per_block":2,"mid_block_scale_factor":1,"norm_eps":1e-05,"norm_num_groups":32,"out_channels":4,"sample_size":64,"up_block_types":["UpBlock2D","CrossAttnUpBlock2D","CrossAttnUpBlock2D","CrossAttnUpBlock2D"],"use_linear_projection":false,"transformer_layers_per_block":1,"addition_embed_type":null}""")]
    [InlineData("sd21", "unet", """{"act_fn":"silu","attention_head_dim":[5,10,20,20],"block_out_channels":[320,640,1280,1280],"center_input_sample":false,"cross_attention_dim":1024,"down_block_types":["CrossAttnDownBlock2D","CrossAttnDownBlock2D","CrossAttnDownBlock2D","DownBlock2D"],"downsample_padding":1,"flip_sin_to_cos":true,"freq_shift":0,"in_channels":4,"layers_per_block":2,"mid_block_scale_factor":1,"norm_eps":1e-05,"norm_num_groups":32,"out_channels":4,"sample_size":96,"up_block_types":["UpBlock2D","CrossAttnUpBlock2D","CrossAttnUpBlock2D","CrossAttnUpBlock2D"],"upcast_attention":true,"use_linear_projection":true,"transformer_layers_per_block":1}""")]
    [InlineData("sdxl", "unet", """{"act_fn":"silu","addition_embed_type":"text_time","addition_time_embed_dim":256,"attention_head_dim":[5,10,20],"block_out_channels":[320,640,1280],"center_input_sample":false,"cross_attention_dim":2048,"down_block_types":["DownBlock2D","CrossAttnDownBlock2D","CrossAttnDownBlock2D"],"downsample_padding":1,"flip_sin_to_cos":true,"freq_shift":0,"in_channels":4,"layers_per_block":2,"mid_block_scale_factor":1,"norm_eps":1e-05,"norm_num_groups":32,"out_channels":4,"projection_class_embeddings_input_dim":2816,"sample_size":128,"transformer_layers_per_block":[1,2,10],"up_block_types":["CrossAttnUpBlock2D","CrossAttnUpBlock2D","UpBlock2D"],"use_linear_projection":true}""")]
    [InlineData("sd15", "vae", """{"act_fn":"silu","block_out_channels":[128,256,512,512],"down_block_types":["DownEncoderBlock2D","DownEncoderBlock2D","DownEncoderBlock2D","DownEncoderBlock2D"],"in_channels":3,"latent_channels":4,"layers_per_block":2,"norm_num_groups":32,"out_channels":3,"sample_size":512,"scaling_factor":0.18215,"up_block_types":["UpDecoderBlock2D","UpDecoderBlock2D","UpDecoderBlock2D","UpDecoderBlock2D"]}""")]
    [InlineData("sd21", "vae", """{"block_out_channels":[128,256,512,512],"layers_per_block":2,"sample_size":768,"scaling_factor":0.18215}""")]
    [InlineData("sdxl", "vae", """{"block_out_channels":[128,256,512,512],"force_upcast":true,"layers_per_block":2,"sample_size":1024,"scaling_factor":0.13025}""")]
    [InlineData("sd15", "text_encoder", """{"eos_token_id":2,"hidden_act":"quick_gelu","hidden_size":768,"intermediate_size":3072,"layer_norm_eps":1e-05,"max_position_embeddings":77,"num_attention_heads":12,"num_hidden_layers":12,"pad_token_id":1,"projection_dim":768,"vocab_size":49408}""")]
    [InlineData("sd21", "text_encoder", """{"eos_token_id":2,"hidden_act":"gelu","hidden_size":1024,"intermediate_size":4096,"layer_norm_eps":1e-05,"max_position_embeddings":77,"num_attention_heads":16,"num_hidden_layers":23,"pad_token_id":1,"vocab_size":49408}""")]
    [InlineData("sdxl", "text_encoder", """{"hidden_act":"quick_gelu","hidden_size":768,"intermediate_size":3072,"num_attention_heads":12,"num_hidden_layers":12,"projection_dim":768}""")]
    [InlineData("sdxl", "text_encoder_2", """{"eos_token_id":2,"hidden_act":"gelu","hidden_size":1280,"intermediate_size":5120,"layer_norm_eps":1e-05,"max_position_embeddings":77,"num_attention_heads":20,"num_hidden_layers":32,"pad_token_id":1,"projection_dim":1280,"vocab_size":49408}""")]
    public void A_config_is_that_of_the_public_folder(string model, string component, string expected)
    {
        var config = Config(Model(model), component, None);

        foreach (var (key, value) in JsonNode.Parse(expected)!.AsObject()) Assert.True(JsonNode.DeepEquals(value, Normal(config[key])), $"{key}: {config[key]?.ToJsonString()} instead of {value?.ToJsonString()}");
    }

    [Theory]
    [InlineData("sd15", "PNDMScheduler", "epsilon", false)]
    [InlineData("sd21", "DDIMScheduler", "v_prediction", true)]
    [InlineData("sdxl", "EulerDiscreteScheduler", "epsilon", false)]
    public void The_scheduler_is_that_of_the_family_and_only_Stable_Diffusion_2_needs_an_assumption(string model, string name, string prediction, bool isAssumed)
    {
        var (sampling, scheduler) = Scheduler(Model(model), None);

        Assert.Equal((name, prediction, isAssumed), ((string?)scheduler["_class_name"], (string?)scheduler["prediction_type"], sampling.Assumption is not null));
        Assert.Equal("""{"beta_end":0.012,"beta_schedule":"scaled_linear","beta_start":0.00085,"steps_offset":1,"set_alpha_to_one":false,"clip_sample":false,"skip_prk_steps":true,"timestep_spacing":"leading"}""",
            new JsonObject(new[] { "beta_end", "beta_schedule", "beta_start", "steps_offset", "set_alpha_to_one", "clip_sample", "skip_prk_steps", "timestep_spacing" }.Select(k => KeyValuePair.Create(k, scheduler[k]?.DeepClone()))).ToJsonString());
    }

    [Theory]
    [InlineData("modelspec.prediction_type", "epsilon", "epsilon", 64)]
    [InlineData("modelspec.prediction_type", "v", "v_prediction", 96)]
    [InlineData("modelspec.architecture", "stable-diffusion-v2-512", "epsilon", 64)]
    [InlineData("modelspec.architecture", "stable-diffusion-v2-768-v/lora", "v_prediction", 96)]
    public void Metadata_say_what_a_UNet_of_Stable_Diffusion_2_predicts(string key, string value, string prediction, int size)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [key] = value };

        var (sampling, scheduler) = Scheduler(Model("sd21"), metadata);

        Assert.Null(sampling.Assumption);
        Assert.Equal(prediction, (string?)scheduler["prediction_type"]);
        Assert.Equal(size, (int)Config(Model("sd21"), "unet", metadata)["sample_size"]!);
    }

    [Theory]
    [InlineData("512x512", 64)]
    [InlineData("768x768", 96)]
    [InlineData("512", 64)]
    [InlineData("512x768", 96)]
    [InlineData("very large", 96)]
    [InlineData("99999999999999999999", 96)]
    [InlineData("-512", 96)]
    public void A_resolution_in_the_metadata_counts_where_it_is_one(string resolution, int size) =>
        Assert.Equal(size, (int)Config(Model("sd21"), "unet", new Dictionary<string, string>(StringComparer.Ordinal) { ["modelspec.resolution"] = resolution })["sample_size"]!);

    [Fact]
    public void Marks_that_trainers_leave_as_tensors_count()
    {
        var marked = Model("sdxl").Add(new TensorInfo("v_pred", TensorDataType.F16, [], 0, 2)).Add(new TensorInfo("ztsnr", TensorDataType.F16, [], 0, 2));

        var (_, scheduler) = Scheduler(marked, None);

        Assert.Equal("v_prediction", (string?)scheduler["prediction_type"]);
        Assert.True((bool?)scheduler["rescale_betas_zero_snr"]);
    }

    [Fact]
    public void The_refiner_is_recognised_with_the_text_encoder_that_it_has()
    {
        var layout = SingleFileLayout.Recognize(LdmShapes.SdxlRefiner(), "file");

        Assert.Equal("StableDiffusionXLImg2ImgPipeline", layout.Family.PipelineClass);
        Assert.Equal([new TextEncoderSlot("text_encoder_2", "tokenizer_2")], layout.TextEncoders);
        Assert.Equal("[1,4,4,4]", Config(LdmShapes.SdxlRefiner(), "unet", None)["transformer_layers_per_block"]?.ToJsonString());
    }

    [Fact]
    public void An_inpainting_model_is_recognised_by_its_nine_channels() =>
        Assert.Equal("StableDiffusionInpaintPipeline", SingleFileLayout.Recognize(LdmShapes.Sd15(inChannels: 9), "file").Family.PipelineClass);

    // A text of 1e-05 and a number 1E-05 are the same value.
    private static JsonNode? Normal(JsonNode? node) => node is null ? null : JsonNode.Parse(node.ToJsonString());

    private static ImmutableArray<TensorInfo> Model(string name) => name switch { "sd15" => LdmShapes.Sd15(), "sd21" => LdmShapes.Sd21(), _ => LdmShapes.SdxlBase() };

    private static (Sampling Sampling, JsonObject Config) Scheduler(ImmutableArray<TensorInfo> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var layout = SingleFileLayout.Recognize(tensors, "file");
        var sampling = Sampling.Of(layout, tensors, metadata, "file");
        return (sampling, JsonNode.Parse(sampling.Scheduler(layout))!.AsObject());
    }

    private static JsonObject Config(ImmutableArray<TensorInfo> tensors, string component, IReadOnlyDictionary<string, string> metadata)
    {
        var layout = SingleFileLayout.Recognize(tensors, "file");
        var sampling = Sampling.Of(layout, tensors, metadata, "file");
        var part = layout.Parts.Single(p => p.Component == component);
        var inference = new Inference(part, part.Place(tensors, null, "file"), "file");
        return JsonNode.Parse(component switch { "unet" => inference.Unet(layout, sampling.Side / 8), "vae" => inference.Vae(layout.Generation == SingleFileLayout.Xl, sampling.Side), _ => inference.TextEncoder() })!.AsObject();
    }
}
