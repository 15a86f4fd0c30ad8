using System.Globalization;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Layers;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Diffusion.Tests.Backend;
using ModelGuard.Diffusion.Unet;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Memory;

/// <summary>
/// No tensor stays behind: they are counted. Where a process runs nothing else, resident memory stays flat too: measured, 0.2 to 1.3 MB more
/// after 1000 steps of the UNet and 200 decoded pictures, which is the runtime's own; 4 MB are allowed.
/// </summary>
public sealed class MemoryTests
{
    /// <summary>Set in a process that runs nothing else, so that its memory is a matter of these tests.</summary>
    public const string Alone = "MODELGUARD_TEST_ALONE";

    private const int Warmup = 200;
    private const long AllowedBytes = 4 << 20;
    private static readonly bool IsAlone = Environment.GetEnvironmentVariable(Alone) is not null;

    [Theory]
    [InlineData("sd1-tiny")]
    [InlineData("sdxl-tiny")]
    public void Steps_and_pictures_leave_nothing_behind(string model)
    {
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model(model));
        using var scope = NewDisposeScope();
        var conditions = Conditions(pipeline.Unet.Config);
        var (sample, latents) = (randn(1, 4, 8, 8), randn(1, 4, 4, 4));
        Run(Warmup);
        var (tensors, memory) = (Tensors(), Resident());

        Run(IsAlone ? 1000 : 50);

        Assert.Equal(tensors, Tensors());
        var grown = Resident() - memory;
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{model}: {grown / 1024} kB more"));
        if (IsAlone) Assert.InRange(grown, long.MinValue, AllowedBytes);

        void Run(int steps)
        {
            using var inference = inference_mode();
            for (var i = 0; i < steps; i++)
            {
                using var timestep = tensor(i % 1000);
                pipeline.Unet.call(sample, timestep, conditions).Dispose();
                if (i % 5 == 0) pipeline.Vae.Decode(latents).Dispose();
            }
        }
    }

    [Theory]
    [InlineData("sd1-tiny", "pndm")]
    [InlineData("sdxl-tiny", "euler")]
    public void A_generation_leaves_its_latents_behind_and_nothing_else(string model, string scheduler)
    {
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model(model));
        var settings = new GenerationSettings { Steps = 3, Width = 32, Height = 32, Scheduler = scheduler };
        Generate();
        var before = Tensors();

        Generate();

        Assert.Equal(before, Tensors());

        void Generate()
        {
            foreach (var picture in pipeline.Generate([new("a cat", 1), new("a dog", 2)], settings)) picture.Latents.Dispose();
        }
    }

    [Fact]
    public void Loading_holds_the_weights_once_and_one_tensor_beside_them()
    {
        const long Slack = 24 << 20;
        Assert.SkipUnless(IsAlone && OperatingSystem.IsLinux(), $"Runs in a process of its own, which {nameof(Memory_stays_flat_over_1000_steps)} starts.");
        using var folder = new TemporaryFolder();
        const string Config = """{ "hidden_size": 256, "intermediate_size": 1024, "num_attention_heads": 4, "num_hidden_layers": 24 }""";
        File.WriteAllText(folder["config.json"], Config);
        using var shapes = EmptyParameter.Create(ScalarType.Float16, () => new CLIPTextModel(CLIPTextModel.ReadConfig(Component.OfFolder(folder.Path))), META);
        SafetensorsWriter.Write(folder["model.safetensors"], shapes.named_parameters().Select(p => new TensorSource(p.name, TensorDataType.F16, [.. p.parameter.shape], new byte[p.parameter.numel() * 2])));
        var largest = shapes.parameters().Max(p => p.numel()) * 2;
        Resident();
        var before = Anonymous();

        using var model = CLIPTextModel.Load(folder.Path);

        // What was freed on the way stays in the heap, so this is the peak.
        var weights = model.parameters().Sum(p => p.numel() * p.element_size());
        var grown = Anonymous() - before;
        Assert.InRange(grown, weights / 2, weights + largest + Slack);
        Assert.True(Slack < weights / 2, "The model is too small to show weights that are held twice.");
    }

    [Fact]
    public void A_pipeline_outlives_the_scope_in_which_its_networks_were_first_used()
    {
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
        var settings = new GenerationSettings { Steps = 1, Width = 16, Height = 16 };
        using (NewDisposeScope()) Assert.Single(pipeline.Generate([new("a cat", 1)], settings));

        Assert.Single(pipeline.Generate([new("a cat", 1)], settings)).Latents.Dispose();
    }

    [Fact]
    public async Task Memory_stays_flat_over_1000_steps()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Resident memory is read from /proc.");
        Assert.SkipWhen(IsAlone, "This is the process that the test starts.");

        var outcome = await TestProcess.RunAsync([typeof(MemoryTests)], (Alone, "1"));

        outcome.AssertPassed(atLeast: 7);
    }

    private static UNetConditions Conditions(UNet2DConditionConfig config) => new(
        randn(1, 16, config.CrossAttentionDim),
        config.AdditionEmbedding is { } addition ? randn(1, addition.InputDim - (6 * addition.TimeEmbedDim)) : null,
        config.AdditionEmbedding is null ? null : ones(1, 6));

    private static long Tensors() => DisposeScopeManager.Statistics.ThreadTotalLiveCount;

    // Without the mapped file, whose pages the system takes back when it needs them.
    private static long Anonymous()
    {
        const string Key = "RssAnon:";
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(Key, StringComparison.Ordinal));
        return long.Parse(line[Key.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
    }

    private static long Resident()
    {
        // A collection while another test is inside LibTorch can take a number from it that TorchSharp no longer holds on to.
        if (!IsAlone) return 0;

        // The managed heap would otherwise keep what it once had.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return OperatingSystem.IsLinux() ? long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize : 0;
    }
}
