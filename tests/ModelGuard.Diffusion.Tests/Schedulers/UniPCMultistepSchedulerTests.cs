using ModelGuard.Diffusion.Schedulers;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Schedulers;

/// <summary>There are no reference data of UniPC: it is held against DPM-Solver's, which its prediction equals, and against what the method promises.</summary>
public sealed class UniPCMultistepSchedulerTests
{
    private const string ClassName = "UniPCMultistepScheduler";

    [Theory]
    [InlineData("dpmpp_1", 4, 10, 50)]
    [InlineData("dpmpp_2m", 4, 10, 50)]
    [InlineData("dpmpp_2m_leading", 4, 10, 50)]
    [InlineData("dpmpp_2m_trailing", 4, 10, 50)]
    [InlineData("dpmpp_2m_karras", 4, 10, 50)]
    [InlineData("dpmpp_2m_sigma_min", 4, 10)]
    [InlineData("dpm_2m", 4, 10)] // In long runs DPM-Solver ends in second order, UniPC in first.
    public void Without_its_corrector_the_method_is_dpm_solver(string name, params int[] runs)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden("schedulers", name);
        using var inputs = new Golden("schedulers", "inputs");
        var config = SchedulerCase.Settings(name, ClassName) with { DisableCorrector = [.. Enumerable.Range(0, 50)], PredictX0 = name != "dpm_2m" };
        foreach (var (prediction, steps) in new[] { "epsilon", "v_prediction" }.SelectMany(p => runs.Select(r => (p, r))))
        {
            var scheduler = new UniPCMultistepScheduler(config with { PredictionType = prediction });
            scheduler.SetTimesteps(steps);

            golden.AssertClose($"prev_samples.{prediction}.{steps}", SchedulerCase.Run(scheduler, inputs).Samples);
        }
    }

    [Theory]
    [InlineData(3, "bh1")]
    [InlineData(3, "bh2")]
    public void A_prediction_is_exact_for_pictures_that_are_polynomials_in_lambda_of_a_degree_below_its_order(int order, string solverType)
    {
        using var scope = NewDisposeScope();

        var errors = Errors(order, solverType, isCorrected: false, degree: order - 1);

        // The first steps lack predictions to look back on. Their error stays, in proportion to σ; no later step adds to it.
        Assert.True(Math.Abs(errors[0]) > 1e-3, "The first step should not be exact.");
        Assert.All(errors.Skip(order), e => Assert.Equal(errors[order - 1], e, 1e-9));
    }

    [Theory]
    [InlineData(2, "bh1")]
    [InlineData(2, "bh2")]
    [InlineData(3, "bh1")]
    [InlineData(3, "bh2")]
    public void A_correction_is_exact_for_one_degree_more(int order, string solverType)
    {
        using var scope = NewDisposeScope();

        var errors = Errors(order, solverType, isCorrected: true, degree: order);

        // What a prediction adds to the error of the sample that it begins at is the same without the corrections.
        var without = Errors(order, solverType, isCorrected: false, degree: order);
        double[] corrected = [.. Enumerable.Range(1, errors.Length - 1).Select(i => errors[i] - (without[i] - without[i - 1]))];
        Assert.True(Math.Abs(errors[^1] - corrected[^1]) > 1e-6, "The prediction should not be exact.");
        Assert.All(corrected.Skip(order), e => Assert.Equal(corrected[order], e, 1e-9));
    }

    [Theory]
    [InlineData("dpmpp_2m", 999)]
    [InlineData("dpmpp_2m_leading", 998)]
    [InlineData("dpmpp_2m_trailing", 1000)]
    [InlineData("dpmpp_2m_karras", 1000)]
    public void All_numbers_of_steps_up_to_the_largest_give_numbers(string name, int largest)
    {
        using var scope = NewDisposeScope();
        foreach (var (steps, end) in new[] { 1, 2, 3, 5, 48, largest }.Select(s => (s, "zero")).Append((1, "sigma_min")).Append((48, "sigma_min")))
        {
            var scheduler = new UniPCMultistepScheduler(SchedulerCase.Settings(name, ClassName) with { SolverOrder = 3, LowerOrderFinal = false, FinalSigmasType = end });
            scheduler.SetTimesteps(steps);
            var sample = ones(1, 1, 2, 2);

            foreach (var timestep in scheduler.Timesteps) sample = scheduler.Step(sample * 0.1, timestep, sample);

            Assert.True(sample.isfinite().all().item<bool>(), $"{steps} steps to {end}: {sample.data<float>()[0]}");
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => new UniPCMultistepScheduler(SchedulerCase.Settings(name, ClassName)).SetTimesteps(1001));
    }

    /// <summary>Errors of a run's samples in units of their noise, where the network gives a polynomial in λ.</summary>
    private static double[] Errors(int order, string solverType, bool isCorrected, int degree)
    {
        var config = SchedulerCase.Settings("dpmpp_2m", ClassName) with { SolverOrder = order, SolverType = solverType, PredictionType = "sample", FinalSigmasType = "sigma_min", LowerOrderFinal = false };
        var scheduler = new UniPCMultistepScheduler(isCorrected ? config : config with { DisableCorrector = [.. Enumerable.Range(0, 12)] });
        scheduler.SetTimesteps(12);
        var cubic = degree > 2 ? 1.0 / 20 : 0;
        double[] lambdas = [.. scheduler.Sigmas.Select(s => -Math.Log(s))];
        var sample = tensor(new[] { Solution(lambdas[0]) });
        var errors = new List<double>();
        for (var i = 0; i < 12; i++)
        {
            sample = scheduler.Step(tensor(new[] { Polynomial(lambdas[i]) }), scheduler.Timesteps[i], sample);
            errors.Add((sample.item<double>() - Solution(lambdas[i + 1])) / Noise(lambdas[i + 1]));
        }

        return [.. errors];

        double Polynomial(double lambda) => 1 + (lambda / 2) - (lambda * lambda / 5) + (cubic * lambda * lambda * lambda);

        // x = σ ∫ e^λ p dλ = σ e^λ (p − p′ + p″ − p‴).
        double Solution(double lambda) => Math.Exp(lambda) * Noise(lambda)
            * (Polynomial(lambda) - (0.5 - (2 * lambda / 5) + (3 * cubic * lambda * lambda)) + (-0.4 + (6 * cubic * lambda)) - (6 * cubic));

        static double Noise(double lambda) => 1 / Math.Sqrt(1 + Math.Exp(2 * lambda));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(2, false)]
    public void Twice_the_steps_give_an_error_that_is_smaller_by_the_methods_order(int order, bool isCorrected)
    {
        using var scope = NewDisposeScope();
        var errors = new[] { 20, 40, 80 }.Select(steps => Math.Abs(Error(steps))).ToArray();

        // The correction adds one to the order; the first step, of order 1 with its correction, bounds it by 3.
        var expected = Math.Pow(2, Math.Min(isCorrected ? order + 1 : order, 3));
        Assert.True(errors[0] / errors[1] > expected * 0.7, $"{errors[0]} to {errors[1]}");
        Assert.True(errors[1] / errors[2] > expected * 0.7, $"{errors[1]} to {errors[2]}");

        // The network of pictures that are normally distributed with a deviation of ½; the flow keeps the share of the deviation.
        double Error(int steps)
        {
            const double Variance = 0.25;
            var config = SchedulerCase.Settings("dpmpp_2m_karras", ClassName) with { SolverOrder = order, PredictionType = "sample", FinalSigmasType = "sigma_min", LowerOrderFinal = false, UseKarrasSigmas = true, SigmaMin = 0.1, SigmaMax = 10 };
            var scheduler = new UniPCMultistepScheduler(isCorrected ? config : config with { DisableCorrector = [.. Enumerable.Range(0, steps)] });
            scheduler.SetTimesteps(steps);
            var sample = tensor(new[] { Deviation(scheduler.Sigmas[0]) });
            for (var i = 0; i < steps; i++)
            {
                var signal = 1 / Math.Sqrt(1 + Math.Pow(scheduler.Sigmas[i], 2));
                var picture = signal * Variance / Math.Pow(Deviation(scheduler.Sigmas[i]), 2) * sample;
                sample = scheduler.Step(picture, scheduler.Timesteps[i], sample);
            }

            return sample.item<double>() - Deviation(scheduler.Sigmas[^1]);

            static double Deviation(double sigma) => Math.Sqrt((Variance + (sigma * sigma)) / (1 + (sigma * sigma)));
        }
    }
}
