using ModelGuard.Checkpoints;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>
/// DPM-Solver and DPM-Solver++ (Lu et al., 2022) in their multistep forms of order 1 to 3, and the latter's stochastic form
/// (diffusers' <c>scheduling_dpmsolver_multistep.py</c>).
/// </summary>
public sealed class DPMSolverMultistepScheduler : MultistepScheduler
{
    // In shorter runs the last steps are of lower order, for stability.
    private const int ShortRun = 15;

    /// <summary>Creates the scheduler.</summary>
    /// <exception cref="CheckpointException">MG0222 for DPM-Solver with a last σ of 0, which it divides by; MG0224 for a clipping that leaves nothing.</exception>
    public DPMSolverMultistepScheduler(SchedulerConfig config)
        : base(config)
    {
        if (config is { AlgorithmType: "dpmsolver", FinalSigmasType: "zero" })
        {
            throw new CheckpointException("MG0222", $"'{config.Place}' sets 'final_sigmas_type' to \"zero\", which the 'algorithm_type' \"dpmsolver\" cannot use (supported: \"sigma_min\").", config.Place);
        }
    }

    private protected override Tensor Step(Tensor modelOutput, Tensor sample, int place, NoiseSource? noise)
    {
        // Karras' last σ is the final one where the run ends at "sigma_min": a step of no length, which would divide by it.
        if (Sigmas[place] == Sigmas[place + 1]) return sample.clone();
        var now = new NoiseLevel(Sigmas[place]);
        Outputs.Add(Config.AlgorithmType == "dpmsolver" ? Epsilon(modelOutput, sample, now) : Original(modelOutput, sample, now));
        var order = Order(place);
        var next = new NoiseLevel(Sigmas[place + 1]);
        var update = DPMSolverUpdate.Of(Config.AlgorithmType, order, Config.SolverType == "heun", now, next);
        var result = (update.Sample * sample) + (update.Output * Outputs[0]);
        if (order > 1)
        {
            var h = next.LogSnr - now.LogSnr;
            var before = new NoiseLevel(Sigmas[place - 1]).LogSnr;
            var first = (now.LogSnr - before) / h;
            var slope = 1 / first * (Outputs[0] - Outputs[1]);
            if (order > 2)
            {
                var second = (before - new NoiseLevel(Sigmas[place - 2]).LogSnr) / h;
                var difference = slope - (1 / second * (Outputs[1] - Outputs[2]));
                result += update.Slope * (slope + (first / (first + second) * difference));
                result += update.Curvature * (1 / (first + second) * difference);
            }
            else
            {
                result += update.Slope * slope;
            }
        }

        if (Config.AlgorithmType != "sde-dpmsolver++") return result;
        ArgumentNullException.ThrowIfNull(noise);
        return result + (update.Noise * noise(modelOutput));
    }

    private int Order(int place)
    {
        var left = Timesteps.Length - place;
        var isLowerAtEnd = Config.LowerOrderFinal && Timesteps.Length < ShortRun;
        var highest = left switch
        {
            // λ is infinite at σ = 0, where only the first order has a limit.
            1 when Config.EulerAtFinal || isLowerAtEnd || Config.FinalSigmasType == "zero" => 1,
            2 when isLowerAtEnd => 2,
            _ => Config.SolverOrder,
        };
        return Math.Min(highest, Outputs.Count);
    }
}
