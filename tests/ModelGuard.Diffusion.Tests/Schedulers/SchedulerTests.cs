using System.Text.Json;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Configuration;
using ModelGuard.Diffusion.Schedulers;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Schedulers;

public sealed class SchedulerTests
{
    [Theory]
    [InlineData("ddim")]
    [InlineData("ddim_defaults")]
    [InlineData("ddim_linspace")]
    [InlineData("ddim_zero_snr")]
    [InlineData("pndm")]
    [InlineData("pndm_trailing")]
    [InlineData("pndm_prk")]
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
            var steps = int.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture);
            var scheduler = Create(SchedulerConfig.From(Config(name)) with { PredictionType = parts[1] });
            scheduler.SetTimesteps(steps);
            Assert.Equal(golden[$"timesteps.{steps}"].to(ScalarType.Int64).data<long>().ToArray(), scheduler.Timesteps.Select(t => (long)t));
            golden.AssertClose(run, Trajectory(scheduler, inputs));
        }
    }

    [Theory]
    [InlineData("ddim")]
    [InlineData("pndm")]
    [InlineData("pndm_prk")]
    public void A_second_run_is_not_touched_by_the_first(string name)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden("schedulers", name);
        using var inputs = new Golden("schedulers", "inputs");
        var scheduler = Create(SchedulerConfig.From(Config(name)));
        scheduler.SetTimesteps(50);
        Trajectory(scheduler, inputs);

        scheduler.SetTimesteps(10);

        golden.AssertClose("prev_samples.epsilon.10", Trajectory(scheduler, inputs));
    }

    [Theory]
    [InlineData("ddim")]
    [InlineData("pndm")]
    public void Noising_equals_the_references(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("schedulers", "add_noise");
        var scheduler = Create(SchedulerConfig.From(Config(name)));

        golden.AssertClose("alphas_family", scheduler.AddNoise(golden["clean"], golden["noise"], golden["timesteps"]));
    }

    [Fact]
    public void Another_scheduler_takes_the_settings_of_the_folder()
    {
        var folder = Path.Combine(Golden.Model("sd1-tiny"), "scheduler");

        Assert.IsType<PNDMScheduler>(SchedulerFactory.Load(folder));
        var other = Assert.IsType<DDIMScheduler>(SchedulerFactory.Load(folder, "ddim"));
        other.SetTimesteps(10);

        // DDIM's own default would begin at 900.
        Assert.Equal([901, 801, 701, 601, 501, 401, 301, 201, 101, 1], other.Timesteps);
        Assert.Equal("MG0227", Assert.Throws<CheckpointException>(() => SchedulerFactory.Load(folder, "magic")).Code);
    }

    [Theory]
    [InlineData("""{ "beta_schedule": "sigmoid" }""", "MG0222", "beta_schedule")]
    [InlineData("""{ "prediction_type": "sample" }""", "MG0222", "prediction_type")]
    [InlineData("""{ "thresholding": true }""", "MG0222", "thresholding")]
    [InlineData("""{ "num_train_timesteps": 0 }""", "MG0224", "num_train_timesteps")]
    [InlineData("""{ "num_train_timesteps": 99999999999 }""", "MG0224", "num_train_timesteps")]
    [InlineData("""{ "beta_start": -0.1 }""", "MG0224", "beta_start")]
    [InlineData("""{ "beta_end": 1.5 }""", "MG0224", "beta_end")]
    [InlineData("""{ "steps_offset": -5 }""", "MG0224", "steps_offset")]
    [InlineData("""{ "trained_betas": [0.1, 0.2] }""", "MG0226", "trained_betas")]
    public void What_cannot_be_honoured_is_refused_by_its_key(string json, string code, string key)
    {
        var error = Assert.Throws<CheckpointException>(() => new PNDMScheduler(SchedulerConfig.From(ModelConfig.Parse(json, "scheduler_config.json"))));

        Assert.Equal(code, error.Code);
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ddim", 0)]
    [InlineData("ddim", 1001)]
    [InlineData("ddim", 1000)] // With its offset of 1, the first of 1000 timesteps would be 1000.
    [InlineData("pndm_prk", 1)] // No call at all: noise would come out.
    public void Numbers_of_steps_that_the_training_does_not_cover_are_refused(string name, int steps)
    {
        var scheduler = Create(SchedulerConfig.From(Config(name)));

        Assert.Throws<ArgumentOutOfRangeException>(() => scheduler.SetTimesteps(steps));
    }

    private static IScheduler Create(SchedulerConfig config) => config.ClassName == "PNDMScheduler" ? new PNDMScheduler(config) : new DDIMScheduler(config);

    private static Tensor Trajectory(IScheduler scheduler, Golden inputs)
    {
        var sample = inputs["initial"] * scheduler.InitNoiseSigma;
        var samples = new List<Tensor>();
        for (var i = 0; i < scheduler.Timesteps.Length; i++)
        {
            sample = scheduler.Step(inputs["model_outputs"][i], scheduler.Timesteps[i], sample);
            samples.Add(sample);
        }

        return stack(samples);
    }

    private static ModelConfig Config(string name)
    {
        var text = File.ReadAllText(Path.Combine(RepositoryPaths.Golden, "schedulers", "manifest.json"));
        using var manifest = JsonDocument.Parse(text.Replace("-Infinity", "null", StringComparison.Ordinal).Replace("Infinity", "null", StringComparison.Ordinal));
        return ModelConfig.Parse(manifest.RootElement.GetProperty("files").GetProperty(name + ".safetensors").GetProperty("scheduler").GetRawText(), name);
    }
}
