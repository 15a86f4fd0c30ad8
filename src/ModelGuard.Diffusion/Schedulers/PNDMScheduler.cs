using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>
/// Pseudo numerical methods (Liu et al., 2022; diffusers' <c>scheduling_pndm.py</c>): linear multistep, with three Runge-Kutta steps before
/// it unless the config skips them. With skipping the second timestep is called twice: 10 steps are 11 calls.
/// </summary>
public sealed class PNDMScheduler : IScheduler, IDisposable
{
    private readonly SchedulerConfig config;
    private readonly NoiseSchedule schedule;
    private readonly List<Tensor> outputs = [];
    private ImmutableArray<int> prk = [];
    private Tensor? current;
    private Tensor? weighted;
    private int stride;
    private int counter;

    /// <summary>Creates the scheduler.</summary>
    /// <exception cref="CheckpointException">MG0222 for a network that predicts the picture itself, which the method has no formula for.</exception>
    public PNDMScheduler(SchedulerConfig config)
    {
        config.RequireNoiseOrVelocity("PNDM");
        this.config = config;
        schedule = new NoiseSchedule(config, config.SetAlphaToOne ?? false, rescale: false);
    }

    /// <inheritdoc />
    public ImmutableArray<double> Timesteps { get; private set; } = [];

    /// <inheritdoc />
    public double InitNoiseSigma => 1;

    /// <inheritdoc />
    public void SetTimesteps(int steps)
    {
        // One Runge-Kutta step lies between two timesteps: a single one would be no call at all.
        SchedulerFactory.RequireSteps(steps, config, config.TimestepSpacing ?? "leading", minimum: config.SkipPrkSteps ? 1 : 2);
        Dispose();
        stride = config.NumTrainTimesteps / steps;
        counter = 0;
        int[] ascending = [.. schedule.Timesteps(steps).Reverse()];
        if (config.SkipPrkSteps)
        {
            prk = [];
            int[] doubled = ascending.Length < 2 ? ascending : [.. ascending[..^1], ascending[^2], ascending[^1]];
            Timesteps = [.. doubled.Reverse().Select(t => (double)t)];
            return;
        }

        // Orders 1 to 4 of the first three steps: each whole step is split into four calls.
        int[] pairs = [.. ascending[^Math.Min(4, ascending.Length)..].SelectMany(t => new[] { t, t + (stride / 2) })];
        int[] inner = [.. pairs[..^1].SelectMany(t => new[] { t, t })];
        prk = [.. inner[1..^1].Reverse()];
        Timesteps = [.. prk, .. ascending[..Math.Max(0, ascending.Length - 3)].Reverse().Select(t => (double)t)];
    }

    /// <inheritdoc />
    public Tensor ScaleModelInput(Tensor sample, double timestep) => sample.alias();

    /// <inheritdoc />
    public Tensor AddNoise(Tensor clean, Tensor noise, Tensor timesteps) => schedule.AddNoise(clean, noise, timesteps);

    /// <inheritdoc />
    public Tensor Step(Tensor modelOutput, double timestep, Tensor sample, NoiseSource? noise = null) =>
        counter < prk.Length ? StepPrk(modelOutput, sample) : StepPlms(modelOutput, (int)timestep, sample);

    /// <inheritdoc />
    public void Dispose()
    {
        outputs.ForEach(o => o.Dispose());
        outputs.Clear();
        current?.Dispose();
        weighted?.Dispose();
        current = weighted = null;
    }

    private Tensor StepPrk(Tensor modelOutput, Tensor sample)
    {
        using var scope = NewDisposeScope();
        var phase = counter % 4;
        var timestep = prk[counter / 4 * 4];
        var previous = timestep - (phase < 2 ? stride / 2 : stride);
        if (phase == 0)
        {
            Replace(ref weighted, modelOutput * (1.0 / 6));
            outputs.Add(modelOutput.clone().DetachFromDisposeScope());
            Replace(ref current, sample.clone());
        }
        else if (phase < 3)
        {
            Replace(ref weighted, weighted! + (modelOutput * (1.0 / 3)));
        }
        else
        {
            modelOutput = weighted! + (modelOutput * (1.0 / 6));
            Replace(ref weighted, zeros_like(modelOutput));
        }

        counter++;
        return Transfer(current!, timestep, previous, modelOutput).MoveToOuterDisposeScope();
    }

    private Tensor StepPlms(Tensor modelOutput, int timestep, Tensor sample)
    {
        using var scope = NewDisposeScope();
        var previous = timestep - stride;
        if (counter != 1)
        {
            while (outputs.Count > 3) DropOldest();
            outputs.Add(modelOutput.clone().DetachFromDisposeScope());
        }
        else
        {
            // The repeated timestep corrects the first step (Heun's method).
            previous = timestep;
            timestep += stride;
        }

        switch (outputs.Count)
        {
            case 1 when counter == 0:
                Replace(ref current, sample.clone());
                break;
            case 1 when counter == 1:
                modelOutput = (modelOutput + outputs[^1]) / 2;
                sample = current!;
                break;
            case 2:
                modelOutput = ((3 * outputs[^1]) - outputs[^2]) / 2;
                break;
            case 3:
                modelOutput = ((23 * outputs[^1]) - (16 * outputs[^2]) + (5 * outputs[^3])) / 12;
                break;
            default:
                modelOutput = ((55 * outputs[^1]) - (59 * outputs[^2]) + (37 * outputs[^3]) - (9 * outputs[^4])) * (1.0 / 24);
                break;
        }

        counter++;
        return Transfer(sample, timestep, previous, modelOutput).MoveToOuterDisposeScope();
    }

    /// <summary>Equation 9 of the paper.</summary>
    private Tensor Transfer(Tensor sample, int timestep, int previous, Tensor modelOutput)
    {
        // Coefficients are float32, as the reference's are.
        float alpha = schedule.Alpha(timestep), alphaPrevious = schedule.Alpha(previous);
        float beta = 1 - alpha, betaPrevious = 1 - alphaPrevious;
        var epsilon = config.PredictionType == "v_prediction" ? (MathF.Sqrt(alpha) * modelOutput) + (MathF.Sqrt(beta) * sample) : modelOutput;
        var denominator = (alpha * MathF.Sqrt(betaPrevious)) + MathF.Sqrt(alpha * beta * alphaPrevious);
        return (MathF.Sqrt(alphaPrevious / alpha) * sample) - ((alphaPrevious - alpha) * epsilon / denominator);
    }

    private void DropOldest()
    {
        outputs[0].Dispose();
        outputs.RemoveAt(0);
    }

    private static void Replace(ref Tensor? held, Tensor value)
    {
        var old = held;
        held = value.DetachFromDisposeScope();
        old?.Dispose();
    }
}
