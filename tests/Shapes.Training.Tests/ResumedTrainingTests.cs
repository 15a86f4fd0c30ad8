using ModelGuard.Diffusion.Vae;
using Shapes.Training.Training;
using static TorchSharp.torch;

namespace Shapes.Training.Tests;

public sealed class ResumedTrainingTests
{
    [Fact]
    public void A_run_that_was_stopped_and_resumed_equals_one_that_never_stopped()
    {
        // Layers this small gain nothing from threads, and their barriers crawl on a busy machine.
        set_num_threads(1);
        using var straight = new TemporaryFolder();
        using var stopped = new TemporaryFolder();
        var whole = Run(straight.Path, stopAt: null);
        Assert.Equal(Enumerable.Range(1, Steps), whole.Reported);

        Assert.Throws<OperationCanceledException>(() => Run(stopped.Path, stopAt: 203));
        var resumed = Run(stopped.Path, stopAt: null);
        Assert.Equal(Enumerable.Range(201, Steps - 200), resumed.Reported);

        // The state holds live weights, averages and both moments; the published weights are the averages.
        Assert.Equal(File.ReadAllBytes(straight["tiny.state.safetensors"]), File.ReadAllBytes(stopped["tiny.state.safetensors"]));
        Assert.Equal(whole.Weights, resumed.Weights);
    }

    private const int Steps = 206;

    private static (List<int> Reported, float[] Weights) Run(string folder, int? stopAt)
    {
        using var scope = NewDisposeScope();
        using var vae = new AutoencoderKL(new AutoencoderKLConfig { BlockOutChannels = [16, 16], LayersPerBlock = 1, NormNumGroups = 8 });
        Initialization.Fill(vae, 5);
        using var cancellation = new CancellationTokenSource();
        var progress = new Recorder(stopAt, cancellation);
        new TrainingLoop(folder, 7, progress).Run(new TrainingPlan("tiny", Steps, 1e-3, 20, 0.01, Average: 0.99), vae, Loss, cancellation.Token);
        using var noGrad = no_grad();
        return (progress.Reported, [.. vae.parameters().SelectMany(p => p.data<float>().ToArray())]);

        Tensor Loss(Generator generator)
        {
            using var inner = NewDisposeScope();
            var x = randn([2, 3, 8, 8], generator: generator);
            return (vae.Decode(vae.Encode(x).Mean) - x).square().mean().MoveToOuterDisposeScope();
        }
    }

    /// <summary>Records on the caller's thread, so that the stop falls on an exact step.</summary>
    private sealed class Recorder(int? stopAt, CancellationTokenSource cancellation) : IProgress<TrainingProgress>
    {
        public List<int> Reported { get; } = [];

        public void Report(TrainingProgress value)
        {
            Reported.Add(value.Step);
            if (value.Step == stopAt) cancellation.Cancel();
        }
    }
}
