using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Diffusion.Schedulers;
using ModelGuard.Diffusion.Text;
using ModelGuard.Diffusion.Unet;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Pipeline;

public sealed class PrecisionTests
{
    [Theory]
    [InlineData("sd1-tiny", "pipeline_default", null, 7.5, null)]
    [InlineData("sd1-tiny", "pipeline_ddim", "ddim", 7.5, null)]
    [InlineData("sd1-tiny", "pipeline_no_guidance", null, 1.0, null)]
    [InlineData("sd1-tiny", "pipeline_negative", null, 7.5, StableDiffusionPipelineTests.Negative)]
    [InlineData("sd2-tiny", "pipeline_default", null, 7.5, null)]
    [InlineData("sd2-tiny", "pipeline_pndm", "pndm", 7.5, null)]
    [InlineData("sdxl-tiny", "pipeline_ddim", "ddim", 7.5, null)]
    [InlineData("sdxl-tiny", "pipeline_pndm", "pndm", 7.5, null)]
    [InlineData("sdxl-tiny", "pipeline_default", null, 7.5, null)]
    public void In_double_precision_only_the_references_own_rounding_is_left(string model, string name, string? schedulerName, double guidance, string? negative)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden(model + ".golden", name);
        using var inputs = new Golden(model + ".golden", "pipeline_inputs");
        var folder = Golden.Model(model);
        using var unet = UNet2DConditionModel.Load(Path.Combine(folder, "unet"), ScalarType.Float64);
        PipelineTextEncoder[] encoders = [.. Checkpoint.Open(folder).TextEncoders.Select(e =>
            new PipelineTextEncoder(e.Component, CLIPTextModel.Load(Path.Combine(folder, e.Component), ScalarType.Float64), CLIPTokenizer.Load(Path.Combine(folder, e.Tokenizer))))];
        var scheduler = SchedulerFactory.Load(Path.Combine(folder, "scheduler"), schedulerName);
        var isGuided = guidance > 1;
        IPromptEncoder encoder = encoders.Length > 1 ? new StableDiffusionXLPromptEncoder([.. encoders], zerosForNone: true, CPU) : new StableDiffusionPromptEncoder(encoders[0], CPU);
        var states = encoder.Encode(StableDiffusionPipelineTests.Prompts);
        if (isGuided) states = encoder.EncodeNegative(negative).RepeatedBefore(states, StableDiffusionPipelineTests.Prompts.Length);
        var conditions = new UNetConditions(states.States, states.Pooled, PictureSizes.TimeIds(unet.Config, new GenerationSettings(), new PixelSize(128, 128), (int)states.States.shape[0], CPU));
        var latents = inputs["initial_latents"].to(ScalarType.Float64);
        scheduler.SetTimesteps(10);
        latents *= scheduler.InitNoiseSigma;

        foreach (var timestep in scheduler.Timesteps)
        {
            var input = scheduler.ScaleModelInput(latents, timestep);
            var prediction = unet.call(isGuided ? cat([input, input]) : input, tensor(timestep), conditions);
            if (isGuided) prediction = prediction.chunk(2) is [var without, var with] ? without + (guidance * (with - without)) : throw new InvalidOperationException();
            latents = scheduler.Step(prediction, timestep, latents);
        }

        foreach (var e in encoders) e.Model.Dispose();
        golden.AssertEqualUpToTheReferencesRounding("latents", latents);
    }
}
