using static TorchSharp.torch;

namespace Shapes.Training.Training;

/// <summary>What a run is made of.</summary>
/// <param name="Name">Names the state file.</param>
/// <param name="Steps">Number of optimizer steps.</param>
/// <param name="Rate">Peak learning rate.</param>
/// <param name="Warmup">Steps of linear warm-up; a cosine down to 2 % follows.</param>
/// <param name="Decay">Weight decay of matrices and kernels.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Average">Decay of the moving average; null for none.</param>
internal sealed record TrainingPlan(string Name, int Steps, double Rate, int Warmup, double Decay, double Beta2 = 0.98, double? Average = null);

/// <summary>Warm-up, cosine, clipping at norm 1, moving average, state on disk every 200 steps. Every step draws from generators seeded by its own number, so that a resumed run equals one that never stopped.</summary>
internal sealed class TrainingLoop(string folder, long seed, IProgress<TrainingProgress> progress)
{
    private const int SaveEvery = 200;

    /// <summary>Runs or resumes the plan; <paramref name="loss"/> gets the step's generator and returns a scalar.</summary>
    public void Run(TrainingPlan plan, nn.Module module, Func<Generator, Tensor> loss, CancellationToken cancellation)
    {
        var optimizer = new AdamW(module, 0.9, plan.Beta2, plan.Decay);
        var average = plan.Average is { } decay ? new MovingAverage(module, decay) : null;
        var state = new TrainingState(module, optimizer, average);
        var path = Path.Combine(folder, plan.Name + ".state.safetensors");
        var skipped = 0;
        var smooth = double.NaN;
        for (var step = state.Restore(path); step < plan.Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using (var scope = NewDisposeScope())
            {
                using var generator = new Generator(unchecked((ulong)((seed * 1_000_003) + step)), CPU);
                using var value = loss(generator);
                value.backward();
                var current = value.item<float>();
                smooth = double.IsNaN(smooth) ? current : (0.98 * smooth) + (0.02 * current);
                if (!optimizer.Step(step + 1, RateAt(plan, step), 1.0, out _)) skipped++;
                average?.Update(step);
            }

            if ((step + 1) % SaveEvery == 0 || step + 1 == plan.Steps) state.Save(path, step + 1);
            progress.Report(new TrainingProgress(plan.Name, step + 1, plan.Steps, smooth, skipped));
        }

        average?.Publish();
    }

    private static double RateAt(TrainingPlan plan, int step)
    {
        if (step < plan.Warmup) return plan.Rate * (step + 1) / plan.Warmup;
        var done = (double)(step - plan.Warmup) / Math.Max(1, plan.Steps - plan.Warmup);
        return plan.Rate * (0.02 + (0.98 * 0.5 * (1 + Math.Cos(Math.PI * done))));
    }
}

/// <summary>Where a run stands.</summary>
/// <param name="Name">The run.</param>
/// <param name="Step">Finished steps.</param>
/// <param name="Steps">All steps.</param>
/// <param name="Loss">Smoothed loss.</param>
/// <param name="Skipped">Steps left out because their gradient was not finite.</param>
internal sealed record TrainingProgress(string Name, int Step, int Steps, double Loss, int Skipped);
