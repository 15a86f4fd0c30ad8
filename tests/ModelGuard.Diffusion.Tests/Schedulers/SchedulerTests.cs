using System.Text.Json;
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
            var config = SchedulerConfig.From(Config(name)) with { PredictionType = parts[1] };
            IScheduler scheduler = config.ClassName == "PNDMScheduler" ? new PNDMScheduler(config) : new DDIMScheduler(config);
            scheduler.SetTimesteps(steps);
            Assert.Equal(golden[$"timesteps.{steps}"].to(ScalarType.Int64).data<long>().ToArray(), scheduler.Timesteps.Select(t => (long)t));
            var sample = inputs["initial"] * scheduler.InitNoiseSigma;
            var samples = new List<Tensor>();
            for (var i = 0; i < scheduler.Timesteps.Length; i++)
            {
                sample = scheduler.Step(inputs["model_outputs"][i], scheduler.Timesteps[i], sample);
                samples.Add(sample);
            }

            golden.AssertClose(run, stack(samples));
        }
    }

    private static ModelConfig Config(string name)
    {
        var text = File.ReadAllText(Path.Combine(RepositoryPaths.Golden, "schedulers", "manifest.json"));
        using var manifest = JsonDocument.Parse(text.Replace("-Infinity", "null", StringComparison.Ordinal).Replace("Infinity", "null", StringComparison.Ordinal));
        return ModelConfig.Parse(manifest.RootElement.GetProperty("files").GetProperty(name + ".safetensors").GetProperty("scheduler").GetRawText(), name);
    }
}
