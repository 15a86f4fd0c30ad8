using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Configuration;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>Schedulers by name.</summary>
public static class SchedulerFactory
{
    /// <summary>The names that <c>--scheduler</c> and policies take.</summary>
    public static IReadOnlyList<string> Names { get; } = ["ddim", "pndm"];

    /// <summary>The scheduler that the folder names, or another one with the folder's settings (diffusers' <c>from_config</c>).</summary>
    /// <param name="folder">The <c>scheduler</c> folder of a checkpoint.</param>
    /// <param name="name"><c>ddim</c>, <c>pndm</c>, or null for the folder's own.</param>
    /// <exception cref="CheckpointException">MG0227 for a scheduler that is not supported.</exception>
    public static IScheduler Load(string folder, string? name = null)
    {
        var path = Path.Combine(folder, "scheduler_config.json");
        return File.Exists(path)
            ? Load(new ConfigText(File.ReadAllText(path), path), name)
            : throw new CheckpointException("MG0220", $"'{path}' is missing; a component of a diffusers checkpoint needs its config.", path);
    }

    /// <summary>The scheduler of a config, or another one with its settings.</summary>
    /// <exception cref="CheckpointException">MG0227 for a scheduler that is not supported.</exception>
    public static IScheduler Load(ConfigText text, string? name = null)
    {
        var path = text.Place;
        var config = SchedulerConfig.From(ModelConfig.Parse(text));
        return (name ?? config.ClassName) switch
        {
            "ddim" or "DDIMScheduler" => new DDIMScheduler(config),
            "pndm" or "PNDMScheduler" => new PNDMScheduler(config),
            var other => throw new CheckpointException("MG0227", $"The scheduler '{other}' is not supported. Choose one of {string.Join(", ", Names)}; it takes its settings from '{path}'.", path),
        };
    }

    internal static void RequireSteps(int steps, SchedulerConfig config, int minimum = 1)
    {
        var train = config.NumTrainTimesteps;
        if (steps < minimum || steps > train)
        {
            throw new ArgumentOutOfRangeException(nameof(steps), steps, FormattableString.Invariant($"The number of steps must be from {minimum} to {train}, the timesteps that the model was trained on."));
        }

        var last = ((steps - 1) * (train / steps)) + config.StepsOffset;
        if (config.TimestepSpacing == "leading" && last >= train)
        {
            throw new ArgumentOutOfRangeException(nameof(steps), steps, FormattableString.Invariant($"With the 'steps_offset' {config.StepsOffset} of '{config.Place}', {steps} steps would begin at timestep {last}; the model was trained on 0 to {train - 1}. Choose another number of steps."));
        }
    }
}
