using System.Text.Json;
using ModelGuard.Diffusion.Configuration;
using ModelGuard.Diffusion.Schedulers;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Schedulers;

/// <summary>A case of the golden data: a scheduler's settings, and the trajectories that the reference made with them.</summary>
internal static class SchedulerCase
{
    public static IEnumerable<string> Names => Manifest().EnumerateObject().Where(f => f.Value.TryGetProperty("scheduler", out _)).Select(f => Path.GetFileNameWithoutExtension(f.Name));

    public static IScheduler Create(string name, string? predictionType = null)
    {
        var config = SchedulerConfig.From(Config(name));
        var eta = Manifest().GetProperty(name + ".safetensors").GetProperty("step_options").TryGetProperty("eta", out var given) ? given.GetDouble() : 0;
        return SchedulerFactory.Create(config with { PredictionType = predictionType ?? config.PredictionType }, eta);
    }

    /// <summary>All samples of a run, and what the model would have been given for them.</summary>
    /// <param name="scheduler">The scheduler, at the beginning of a run.</param>
    /// <param name="inputs">The shared inputs.</param>
    /// <param name="reference">Samples that each step continues, instead of its own result of the step before.</param>
    public static (Tensor Samples, Tensor Inputs) Run(IScheduler scheduler, Golden inputs, Tensor? reference = null)
    {
        var sample = inputs["initial"] * scheduler.InitNoiseSigma;
        var (samples, scaled) = (new List<Tensor>(), new List<Tensor>());
        for (var i = 0; i < scheduler.Timesteps.Length; i++)
        {
            var call = i;
            scaled.Add(scheduler.ScaleModelInput(sample, scheduler.Timesteps[i]));
            sample = scheduler.Step(inputs["model_outputs"][i], scheduler.Timesteps[i], sample, _ => inputs["noises"][call]);
            samples.Add(sample);
            if (reference is not null) sample = reference[i];
        }

        return (stack(samples), stack(scaled));
    }

    public static SchedulerConfig Settings(string name, string className) => SchedulerConfig.From(Config(name), className);

    private static ModelConfig Config(string name) => ModelConfig.Parse(Manifest().GetProperty(name + ".safetensors").GetProperty("scheduler").GetRawText(), name);

    private static JsonElement Manifest()
    {
        // Python writes infinities, which JSON has not; the config reads a number that is too large as one.
        var text = File.ReadAllText(Path.Combine(RepositoryPaths.Golden, "schedulers", "manifest.json"));
        using var manifest = JsonDocument.Parse(text.Replace("Infinity", "1e999", StringComparison.Ordinal));
        return manifest.RootElement.GetProperty("files").Clone();
    }
}
