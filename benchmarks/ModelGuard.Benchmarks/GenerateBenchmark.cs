using System.Diagnostics;
using System.Globalization;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Diffusion.Unet;
using static TorchSharp.torch;

namespace ModelGuard.Benchmarks;

/// <summary>
/// Pictures a second on a model that two cores can bear: a UNet of 37.5 million parameters, 256 × 256 pixels, the text encoder of
/// Stable Diffusion 1; four pictures, 20 DDIM steps with guidance, float32; and, where Python has torch and diffusers, the same in the reference.
/// </summary>
internal static class GenerateBenchmark
{
    /// <summary>The model.</summary>
    public const string Shape = "generation";

    private const int Pictures = 4;

    /// <summary>Measures and prints. It waits for others and awaits nothing: this side computes on the thread that the process began with, as the tool does.</summary>
    public static int Run(string model, int repeat, string python, string work, CancellationToken cancellation)
    {
        Directory.CreateDirectory(work);
        var folder = Workplace.CheckpointAsync(work, model, nameof(TensorDataType.F32), isFile: false, cancellation).GetAwaiter().GetResult();
        NativeBackend.EnsureLoaded();
        using var pipeline = StableDiffusionPipeline.Load(folder);
        List<Round> ours = [], theirs = [];

        // In turn, so that both sides see the machine in the same hour.
        for (var i = 0; i < repeat; i++)
        {
            ours.Add(Measure(pipeline));
            // It is written for one size.
            if (model == Shape && PythonReference.TryRunAsync(python, "reference_generate.py", [folder], cancellation).GetAwaiter().GetResult() is { } run) theirs.Add(ReferenceRound(run));
        }

        (string Name, string Value)[] rows = [.. Rows("here", ours), .. theirs.Count > 0 ? Rows("reference", theirs) : [("reference", model == Shape ? $"not measured: '{python}' has no torch and diffusers" : "not measured: it is written for another size")]];
        Figures.Print(
            string.Create(CultureInfo.InvariantCulture, $"generate ({get_num_threads()} threads, float32, {pipeline.Unet.parameters().Sum(p => p.numel()) / 1e6:0.0} million parameters in the UNet)"),
            theirs.Count > 0 ? [.. rows, ("pictures a second, here ÷ reference", Figures.Ratio(Figures.Median(theirs.Select(r => r.Pictures)) / Figures.Median(ours.Select(r => r.Pictures))))] : rows);
        return 0;
    }

    private static IEnumerable<(string Name, string Value)> Rows(string side, List<Round> rounds)
    {
        yield return ($"{side}: one UNet call, batch 8", Figures.Seconds(Figures.Median(rounds.Select(r => r.Unet))));
        yield return ($"{side}: VAE decode, batch 4", Figures.Seconds(Figures.Median(rounds.Select(r => r.Decode))));
        yield return ($"{side}: four pictures from text states", Figures.Seconds(Figures.Median(rounds.Select(r => r.Pictures))));
        if (rounds.All(r => r.Text is not null)) yield return ($"{side}: text encoder, batch 8", Figures.Seconds(Figures.Median(rounds.Select(r => r.Text!.Value))));
    }

    private static Round Measure(StableDiffusionPipeline pipeline)
    {
        GenerationItem[] items = [.. Enumerable.Range(0, Pictures).Select(seed => new GenerationItem("a house by the sea", seed))];
        var settings = new GenerationSettings { Scheduler = "ddim", Steps = 20, GuidanceScale = 7.5 };
        using var held = FinalizerHold.Enter();
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        var config = pipeline.Unet.Config;
        var (latents, context) = (randn([2 * Pictures, config.InChannels, config.SampleSize, config.SampleSize], generator: generator), randn([2 * Pictures, 77, config.CrossAttentionDim], generator: generator));
        string[] prompts = [.. Enumerable.Range(0, 2 * Pictures).Select(i => string.Create(CultureInfo.InvariantCulture, $"a house by the sea, number {i}"))];
        return new Round(
            SecondTime(() => pipeline.Unet.call(latents, tensor(501f), new UNetConditions(context))),
            SecondTime(() => pipeline.Vae.Decode(latents.narrow(0, 0, Pictures))),
            SecondTime(() => pipeline.Generate(items, new PromptStates(context.narrow(0, 0, Pictures)), settings).Count()),
            SecondTime(() => pipeline.Encode(prompts)));
    }

    // The first time chooses kernels.
    private static double SecondTime<T>(Func<T> act)
    {
        using var scope = NewDisposeScope();
        act();
        var watch = Stopwatch.StartNew();
        act();
        return watch.Elapsed.TotalSeconds;
    }

    private static Round ReferenceRound(MeasuredProcess run)
    {
        double[] seconds = [.. run.Output.Split('\n').First(line => line.StartsWith("seconds ", StringComparison.Ordinal)).Split(' ')[1..].Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
        return new Round(seconds[0], seconds[1], seconds[2], null);
    }

    /// <summary>Seconds of one side.</summary>
    private sealed record Round(double Unet, double Decode, double Pictures, double? Text);
}
