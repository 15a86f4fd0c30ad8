using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Schedulers;
using ModelGuard.Diffusion.Text;
using ModelGuard.Diffusion.Unet;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Pipeline;

public sealed class PrecisionTests
{
    [Theory]
    [InlineData("pipeline_default", null, 7.5, "")]
    [InlineData("pipeline_ddim", "ddim", 7.5, "")]
    [InlineData("pipeline_no_guidance", null, 1.0, "")]
    [InlineData("pipeline_negative", null, 7.5, StableDiffusionPipelineTests.Negative)]
    public void In_double_precision_only_the_references_own_rounding_is_left(string name, string? schedulerName, double guidance, string negative)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden("sd1-tiny.golden", name);
        using var inputs = new Golden("sd1-tiny.golden", "pipeline_inputs");
        var model = Golden.Model("sd1-tiny");
        using var unet = UNet2DConditionModel.Load(Path.Combine(model, "unet"), ScalarType.Float64);
        using var textEncoder = CLIPTextModel.Load(Path.Combine(model, "text_encoder"), ScalarType.Float64);
        var tokenizer = CLIPTokenizer.Load(Path.Combine(model, "tokenizer"));
        var scheduler = SchedulerFactory.Load(Path.Combine(model, "scheduler"), schedulerName);
        var isGuided = guidance > 1;
        string[] prompts = isGuided ? [negative, negative, .. StableDiffusionPipelineTests.Prompts] : StableDiffusionPipelineTests.Prompts;
        var context = textEncoder.call(tensor(prompts.SelectMany(p => tokenizer.Encode(p)).ToArray()).view(prompts.Length, -1)).LastHiddenState;
        var latents = inputs["initial_latents"].to(ScalarType.Float64);
        scheduler.SetTimesteps(10);

        foreach (var timestep in scheduler.Timesteps)
        {
            var prediction = unet.call(isGuided ? cat([latents, latents]) : latents, tensor(timestep), context);
            if (isGuided) prediction = prediction.chunk(2) is [var without, var with] ? without + (guidance * (with - without)) : throw new InvalidOperationException();
            latents = scheduler.Step(prediction, timestep, latents);
        }

        golden.AssertEqualUpToTheReferencesRounding("latents", latents);
    }
}
