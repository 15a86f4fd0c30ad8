using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Text;
using ModelGuard.Editing;
using ModelGuard.Policies;
using ModelGuard.Testing;
using static TorchSharp.torch;

namespace ModelGuard.Benchmarks;

/// <summary>What every command goes through, each by itself, on the sample; and the systems of an edit at the width of Stable Diffusion 1.</summary>
public class HotPaths : IDisposable
{
    private const long Width = 768;
    private const int Sentences = 31;
    private readonly string model = Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "model");
    private readonly string policy = Path.Combine(RepositoryPaths.Root, "policies", "shapes.yaml");
    private readonly CLIPTokenizer tokenizer;
    private readonly Tensor weight;
    private readonly Constraints rows;
    private readonly RidgeBounds ordinaryText;

    /// <summary>Reads what is measured on; rows and moments are random.</summary>
    public HotPaths()
    {
        NativeBackend.EnsureLoaded();
        using var generator = new Generator(5, CPU);
        tokenizer = CLIPTokenizer.Load(Path.Combine(model, "tokenizer"));
        weight = Random(Width, Width);
        rows = new Constraints(Random(Sentences, Width), Random(Sentences, Width), 1);
        using var captions = Random(2 * Width, Width);
        ordinaryText = new RidgeBounds(matmul(captions.t(), captions) / (double)captions.shape[0], null);

        Tensor Random(long count, long width) => randn([count, width], dtype: ScalarType.Float64, generator: generator);
    }

    /// <summary>A policy with prompts, gates and waivers, from its file.</summary>
    [Benchmark]
    public PolicyResult Policy() => PolicyReader.Read(policy);

    /// <summary>A diffusers folder: all configs, and the headers of all weights.</summary>
    [Benchmark]
    public long Headers()
    {
        var checkpoint = Checkpoint.Open(model);
        using var unet = checkpoint.Component("unet").OpenWeights();
        using var text = checkpoint.Component("text_encoder").OpenWeights();
        return unet.Tensors.Length + text.Tensors.Length;
    }

    /// <summary>The digest of a checkpoint of 14 MB, file by file.</summary>
    [Benchmark]
    public string RootDigest() => Digests.RootDigest(model);

    /// <summary>A prompt of nine words, padded.</summary>
    [Benchmark]
    public object Encode() => tokenizer.Encode("a red star by the sea in the style of van gogh");

    /// <summary>The system over 31 rows.</summary>
    [Benchmark]
    public double RidgeOverRows() => Solve(null);

    /// <summary>The system over the width, with the moment of ordinary text: what an edit solves by default.</summary>
    [Benchmark]
    public double RidgeOverWidth() => Solve(ordinaryText);

    /// <inheritdoc />
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the tensors.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        foreach (var tensor in new[] { weight, rows.Keys, rows.Values!, ordinaryText.Covariance! }) tensor.Dispose();
    }

    /// <summary>Measures all of them in this process, which has found LibTorch already.</summary>
    /// <param name="isQuick">Runs each once, without a figure that means something.</param>
    internal static int Run(bool isQuick)
    {
        // Only a run that hangs takes a day; the default of five minutes ends one on a machine that was suspended.
        var here = new InProcessEmitToolchain(TimeSpan.FromDays(1), logOutput: true);
        var config = ManualConfig.Create(DefaultConfig.Instance)
            .AddJob((isQuick ? Job.Dry : Job.Default.WithWarmupCount(3).WithIterationCount(15)).WithToolchain(here))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .WithArtifactsPath(Path.Combine(RepositoryPaths.Root, "artifacts", "hot-paths"))
            // Figures of a build that was not optimised say nothing, and a quick run's say nothing anyway.
            .WithOption(ConfigOptions.DisableOptimizationsValidator, isQuick);
        var reports = BenchmarkRunner.Run<HotPaths>(config).Reports;
        return !reports.IsEmpty && reports.All(r => r.Success) ? 0 : 1;
    }

    private double Solve(RidgeBounds? bounds)
    {
        using var scope = NewDisposeScope();
        return RidgeSystem.Solve(weight, rows, null, 0.01, bounds).Residual;
    }
}
