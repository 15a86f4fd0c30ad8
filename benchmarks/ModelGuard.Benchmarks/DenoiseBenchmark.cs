using System.Diagnostics;
using System.Globalization;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Configuration;
using ModelGuard.Diffusion.Unet;
using static TorchSharp.torch;

namespace ModelGuard.Benchmarks;

/// <summary>One call of a full-size UNet for one picture with guidance: a batch of two at the size that the model was trained on.</summary>
internal static class DenoiseBenchmark
{
    private const int TokensPerPrompt = 77;

    public static int Run(string model, int repeat)
    {
        NativeBackend.EnsureLoaded();
        var file = Path.Combine(Workplace.Configs(model), "unet", "config.json");
        var config = UNet2DConditionConfig.From(ModelConfig.Read(file));
        using var unet = new UNet2DConditionModel(config);
        Fill(unet);
        unet.eval();
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        var latents = randn([2, config.InChannels, config.SampleSize, config.SampleSize], generator: generator);
        var context = randn([2, TokensPerPrompt, config.CrossAttentionDim], generator: generator);
        var times = new List<double>();
        for (var i = 0; i <= repeat; i++)
        {
            using var step = NewDisposeScope();
            var watch = Stopwatch.StartNew();
            var output = unet.call(latents, tensor(501), context);
            if (!output.isfinite().all().item<bool>()) throw new InvalidOperationException("The step gave numbers that are none.");
            if (i > 0) times.Add(watch.Elapsed.TotalSeconds);
        }

        Figures.Print(
            $"denoise --model {model} ({get_num_threads().ToString(CultureInfo.InvariantCulture)} threads, float32, latents 2 × {config.InChannels} × {config.SampleSize} × {config.SampleSize})",
            ("one step with guidance", Figures.Seconds(Figures.Median(times))),
            ("peak resident memory", Figures.Megabytes(Process.GetCurrentProcess().PeakWorkingSet64)),
            ("of that, weights", Figures.Megabytes(unet.parameters().Sum(p => p.numel()) * sizeof(float))));
        return 0;
    }

    private static void Fill(nn.Module module)
    {
        using var noGrad = no_grad();
        using var generator = new Generator(0, CPU);
        foreach (var (name, parameter) in module.named_parameters())
        {
            if (name.EndsWith(".bias", StringComparison.Ordinal)) parameter.zero_();
            else if (parameter.dim() == 1) parameter.fill_(1);
            else parameter.uniform_(-0.04, 0.04, generator);
        }
    }
}
