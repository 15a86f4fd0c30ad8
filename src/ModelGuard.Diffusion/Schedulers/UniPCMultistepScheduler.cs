using ModelGuard.Checkpoints;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>
/// UniPC (Zhao et al., 2023, algorithms 5 to 8; diffusers' <c>scheduling_unipc_multistep.py</c>): a multistep prediction, which the next call of
/// the network corrects before it predicts again.
/// </summary>
public sealed class UniPCMultistepScheduler : MultistepScheduler
{
    private Tensor? before;
    private int order;

    /// <summary>Creates the scheduler.</summary>
    /// <exception cref="CheckpointException">MG0222 for prediction in terms of noise with a last σ of 0, which it divides by.</exception>
    public UniPCMultistepScheduler(SchedulerConfig config)
        : base(config with { LambdaMinClipped = double.NegativeInfinity })
    {
        if (config is { PredictX0: false, FinalSigmasType: "zero" })
        {
            throw new CheckpointException("MG0222", $"'{config.Place}' sets 'final_sigmas_type' to \"zero\", which 'predict_x0' false cannot use (supported: \"sigma_min\").", config.Place);
        }
    }

    private protected override double End(IReadOnlyList<double> sigmas) => Config is { UseKarrasSigmas: true, FinalSigmasType: "sigma_min" } ? sigmas[^1] : base.End(sigmas);

    private protected override Tensor Step(Tensor modelOutput, Tensor sample, int place, NoiseSource? noise)
    {
        var level = new NoiseLevel(Sigmas[place]);
        var converted = Config.PredictX0 ? Original(modelOutput, sample, level) : Epsilon(modelOutput, sample, level);
        if (before is not null && !Config.DisableCorrector.Contains(place - 1)) sample = Move(before, place - 1, order, converted);
        Outputs.Add(converted);
        order = Math.Min(Config.LowerOrderFinal ? Math.Min(Config.SolverOrder, Timesteps.Length - place) : Config.SolverOrder, Outputs.Count);
        // λ is infinite at σ = 0, where only the first order has a limit.
        if (Sigmas[place + 1] == 0) order = 1;
        before?.Dispose();
        before = sample.clone().DetachFromDisposeScope();
        return Sigmas[place] == Sigmas[place + 1] ? sample.clone() : Move(sample, place, order, null);
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        before?.Dispose();
        before = null;
        base.Dispose(disposing);
    }

    /// <summary>From one place of the run to the next: the prediction, or its correction when the network's output there is known.</summary>
    private Tensor Move(Tensor sample, int place, int steps, Tensor? next)
    {
        var ratios = Enumerable.Range(1, steps - 1).Select(i => Sigmas[place - i]);
        var update = UniPCUpdate.Of([.. ratios, Sigmas[place], Sigmas[place + 1]], Config.PredictX0, Config.SolverType == "bh1", next is not null);
        var result = (update.Sample * sample) + (update.Output * Outputs[0]);
        for (var i = 1; i < steps; i++) result += update.Differences[i - 1] * (Outputs[i] - Outputs[0]);
        return next is null ? result : result + (update.Differences[^1] * (next - Outputs[0]));
    }
}
