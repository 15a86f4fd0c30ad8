using System.Diagnostics;
using System.Globalization;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Diffusion.Unet;
using ModelGuard.Testing.FullSize;
using static TorchSharp.torch;

namespace ModelGuard.Benchmarks;

/// <summary>
/// Pictures a second on a model that two cores can bear: a UNet of 37.5 million parameters, 256 × 256 pixels, the text encoder of
/// Stable Diffusion 1; four pictures, 20 DDIM steps with guidance, float32. The reference was timed on the same shapes.
/// </summary>
internal static class GenerateBenchmark
{
    private const string Shape = "generation";
    private const int Pictures = 4;

    public static int Run(int repeat, string work)
    {
        Directory.CreateDirectory(work);
        var folder = Path.Combine(work, Shape);
        if (!Directory.Exists(folder)) CheckpointPublisher.Publish(folder, partial => SyntheticCheckpoint.Write(partial, Shape, TensorDataType.F32, isSparse: false, Workplace.Tokenizer(work)));
        NativeBackend.EnsureLoaded();
        using var pipeline = StableDiffusionPipeline.Load(folder);
        GenerationItem[] items = [.. Enumerable.Range(0, Pictures).Select(seed => new GenerationItem("a house by the sea", seed))];
        var settings = new GenerationSettings { Scheduler = "ddim", Steps = 20, GuidanceScale = 7.5 };
        var all = Times(repeat, () => pipeline.Generate(items, settings).Count());
        using var held = FinalizerHold.Enter();
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        var (latents, context) = (randn([2 * Pictures, 4, 32, 32], generator: generator), randn([2 * Pictures, 77, 768], generator: generator));
        string[] prompts = [.. Enumerable.Range(0, 2 * Pictures).Select(i => string.Create(CultureInfo.InvariantCulture, $"a house by the sea, number {i}"))];
        var unet = Times(repeat, () => pipeline.Unet.call(latents, tensor(501f), new UNetConditions(context)));
        var vae = Times(repeat, () => pipeline.Vae.Decode(latents.narrow(0, 0, Pictures)));
        var text = Times(repeat, () => pipeline.Encode(prompts));
        Figures.Print(
            $"generate ({get_num_threads().ToString(CultureInfo.InvariantCulture)} threads, float32, {pipeline.Unet.parameters().Sum(p => p.numel()) / 1e6:0.0} million parameters in the UNet)",
            ("one UNet call, batch 8", Figures.Seconds(unet)),
            ("VAE decode, batch 4", Figures.Seconds(vae)),
            ("text encoder, batch 8", Figures.Seconds(text)),
            ("whole pipeline, 4 pictures", Figures.Seconds(all)));
        return 0;
    }

    private static double Times<T>(int repeat, Func<T> act)
    {
        var seconds = new List<double>();
        for (var i = 0; i <= repeat; i++)
        {
            using var scope = NewDisposeScope();
            var watch = Stopwatch.StartNew();
            act();
            // The first one chooses kernels.
            if (i > 0) seconds.Add(watch.Elapsed.TotalSeconds);
        }

        return Figures.Median(seconds);
    }
}
