using System.Globalization;
using ModelGuard.Diffusion.Schedulers;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Schedulers;

public sealed class SchedulerGoldenTests
{
    // Order 3 takes differences of differences of weights. Here they make 10⁻⁴ of the last bit of e^h, which libraries round differently in 4 of
    // these 50 steps, so this run is compared step by step only.
    private const string Sensitive = "dpmpp_3m prev_samples.epsilon.50";

    public static TheoryData<string> Cases { get; } = [.. SchedulerCase.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Timesteps_and_trajectories_equal_the_references(string name)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden("schedulers", name);
        using var inputs = new Golden("schedulers", "inputs");
        var runs = golden.Names.Where(n => n.StartsWith("prev_samples.", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(runs);
        foreach (var run in runs)
        {
            var parts = run.Split('.');
            var scheduler = SchedulerCase.Create(name, parts[1]);
            var steps = int.Parse(parts[2], CultureInfo.InvariantCulture);
            scheduler.SetTimesteps(steps);
            AssertTables(golden, scheduler, parts[2]);

            var (samples, scaled) = SchedulerCase.Run(scheduler, inputs);
            scheduler.SetTimesteps(steps);
            var stepByStep = SchedulerCase.Run(scheduler, inputs, golden[run]).Samples;

            if ($"{name} {run}" != Sensitive) golden.AssertClose(run, samples);
            golden.AssertClose(run, stepByStep);
            var input = run.Replace("prev_samples", "scaled_inputs", StringComparison.Ordinal);
            if (golden.Names.Contains(input, StringComparer.Ordinal)) golden.AssertClose(input, scaled);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_second_run_is_not_touched_by_the_first(string name)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden("schedulers", name);
        using var inputs = new Golden("schedulers", "inputs");
        var scheduler = SchedulerCase.Create(name, "v_prediction");
        scheduler.SetTimesteps(50);
        SchedulerCase.Run(scheduler, inputs);

        scheduler.SetTimesteps(10);

        golden.AssertClose("prev_samples.v_prediction.10", SchedulerCase.Run(scheduler, inputs).Samples);
    }

    [Theory]
    [InlineData("ddim", "alphas_family", "timesteps")]
    [InlineData("pndm", "alphas_family", "timesteps")]
    [InlineData("euler_leading", "euler", "timesteps_euler10")]
    public void Noising_equals_the_references(string name, string expected, string timesteps)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("schedulers", "add_noise");
        var scheduler = SchedulerCase.Create(name);
        scheduler.SetTimesteps(10);

        golden.AssertClose(expected, scheduler.AddNoise(golden["clean"], golden["noise"], golden[timesteps]));
    }

    private static void AssertTables(Golden golden, IScheduler scheduler, string steps)
    {
        var timesteps = golden["timesteps." + steps].to(ScalarType.Float64).data<double>().ToArray();
        Assert.Equal(timesteps.Length, scheduler.Timesteps.Length);
        // Whole timesteps are the same; those between come from logarithms, whose last bit depends on the library.
        Assert.All(timesteps.Zip(scheduler.Timesteps), t => Assert.True(double.IsInteger(t.First) ? t.First == t.Second : Math.Abs(t.First - t.Second) <= 1e-4 * Math.Max(1, t.First), $"{t.Second} instead of {t.First}"));
        Assert.Equal(golden["init_noise_sigma." + steps].item<double>(), scheduler.InitNoiseSigma, 1e-5);
        if (scheduler is SigmaScheduler sigmas) golden.AssertClose("sigmas." + steps, tensor(sigmas.Sigmas.ToArray()));
    }
}
