using ModelGuard.Diffusion.Schedulers;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Schedulers;

public sealed class DPMSolverMultistepSchedulerTests
{
    // Heun's weights and those of order 3 are the exact integrals of a line, in each of the algorithms; the midpoint's are not.
    [Theory]
    [InlineData("dpmsolver++", 2, "heun")]
    [InlineData("dpmsolver++", 3, "heun")]
    [InlineData("dpmsolver", 2, "heun")]
    [InlineData("dpmsolver", 3, "heun")]
    [InlineData("sde-dpmsolver++", 2, "heun")]
    public void Predictions_that_are_linear_in_lambda_are_integrated_exactly(string algorithm, int order, string solverType)
    {
        using var scope = NewDisposeScope();
        var config = SchedulerCase.Settings("dpmpp_2m", "DPMSolverMultistepScheduler") with
        {
            AlgorithmType = algorithm,
            SolverOrder = order,
            SolverType = solverType,
            FinalSigmasType = "sigma_min",
            PredictionType = algorithm == "dpmsolver" ? "epsilon" : "sample",
        };
        var scheduler = new DPMSolverMultistepScheduler(config);
        scheduler.SetTimesteps(20);
        double[] sigmas = [.. scheduler.Sigmas.Select(s => (double)s)];
        var sample = tensor(new[] { Solution(sigmas[0]) });
        var errors = new List<double>();

        for (var i = 0; i < 20; i++)
        {
            sample = scheduler.Step(tensor(new[] { Line(sigmas[i]) }), scheduler.Timesteps[i], sample, like => zeros_like(like));
            errors.Add(sample.item<double>() - Solution(sigmas[i + 1]));
        }

        // The first step is of order 1. Its error stays, in proportion to what a sample is multiplied by; no later step adds to it.
        Assert.True(Math.Abs(errors[0]) > 1e-3, $"The first step should not be exact: {errors[0]}");
        Assert.All(errors, (e, i) => Assert.Equal(errors[0] * Unit(sigmas[i + 1]) / Unit(sigmas[1]), e, 1e-5));

        static double Signal(double sigma) => 1 / Math.Sqrt(1 + (sigma * sigma));

        static double Line(double sigma) => 1 - Math.Log(sigma);

        // The integrals of e^λ p, e^-λ p and 2 e^2λ p, with the slope p′ = 1, in variance-preserving terms.
        double Solution(double sigma) => algorithm switch
        {
            "dpmsolver" => sigma * Signal(sigma) * (Line(sigma) + 1),
            "sde-dpmsolver++" => Signal(sigma) * (Line(sigma) - 0.5),
            _ => Signal(sigma) * (Line(sigma) - 1),
        };

        double Unit(double sigma) => algorithm switch
        {
            "dpmsolver" => Signal(sigma),
            "sde-dpmsolver++" => sigma * sigma * Signal(sigma),
            _ => sigma * Signal(sigma),
        };
    }
}
