using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Configuration;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>Schedulers by name.</summary>
public static class SchedulerFactory
{
    private static readonly Dictionary<string, string> Classes = new(StringComparer.Ordinal)
    {
        ["ddim"] = "DDIMScheduler",
        ["pndm"] = "PNDMScheduler",
        ["euler"] = "EulerDiscreteScheduler",
        ["euler-a"] = "EulerAncestralDiscreteScheduler",
        ["dpm++"] = "DPMSolverMultistepScheduler",
        ["dpm++-karras"] = "DPMSolverMultistepScheduler",
        ["unipc"] = "UniPCMultistepScheduler",
    };

    /// <summary>
    /// The names that <c>--scheduler</c> and policies take, separated by spaces. A constant: whoever reads it runs no code of this assembly,
    /// which would load LibTorch.
    /// </summary>
    public const string NameList = "ddim pndm euler euler-a dpm++ dpm++-karras unipc";

    /// <summary>The names, one by one.</summary>
    public static IReadOnlyList<string> Names { get; } = NameList.Split(' ');

    /// <summary>The scheduler that the folder names, or another one with the folder's settings (diffusers' <c>from_config</c>): it takes those that it shares, and its own defaults for the rest.</summary>
    /// <param name="folder">The <c>scheduler</c> folder of a checkpoint.</param>
    /// <param name="name">One of <see cref="Names"/>, or null for the folder's own.</param>
    /// <param name="eta">DDIM's η, from 0 to 1.</param>
    /// <exception cref="CheckpointException">MG0220 to MG0226 for settings that cannot be honoured, MG0227 for a scheduler that is not supported.</exception>
    /// <exception cref="ArgumentOutOfRangeException">η is out of range, or not 0 for a scheduler that has none.</exception>
    public static IScheduler Load(string folder, string? name = null, double eta = 0)
    {
        var path = Path.Combine(folder, "scheduler_config.json");
        return File.Exists(path)
            ? Load(new ConfigText(File.ReadAllText(path), path), name, eta)
            : throw new CheckpointException("MG0220", $"'{path}' is missing; a component of a diffusers checkpoint needs its config.", path);
    }

    /// <summary>The name of a config's own scheduler (one of <see cref="Names"/>); null for one that is not supported.</summary>
    /// <param name="text">The config.</param>
    /// <exception cref="CheckpointException">MG0220 for a text that is no config, MG0224 for a setting of the wrong type.</exception>
    public static string? NameOf(ConfigText text)
    {
        var file = ModelConfig.Parse(text);
        var className = ClassName(file);
        var name = Classes.FirstOrDefault(c => c.Value == className).Key;
        return name == "dpm++" && file.Flag("use_karras_sigmas", defaultValue: false) ? "dpm++-karras" : name;
    }

    /// <summary>The scheduler of a config, or another one with its settings.</summary>
    /// <param name="text">The config.</param>
    /// <param name="name">One of <see cref="Names"/>, or null for the config's own.</param>
    /// <param name="eta">DDIM's η, from 0 to 1.</param>
    /// <exception cref="CheckpointException">MG0220 to MG0226 for settings that cannot be honoured, MG0227 for a scheduler that is not supported.</exception>
    /// <exception cref="ArgumentOutOfRangeException">η is out of range, or not 0 for a scheduler that has none.</exception>
    public static IScheduler Load(ConfigText text, string? name = null, double eta = 0)
    {
        var path = text.Place;
        var file = ModelConfig.Parse(text);
        var className = name is null ? ClassName(file) : Classes.GetValueOrDefault(name, name);
        if (!Classes.ContainsValue(className))
        {
            throw new CheckpointException("MG0227", $"The scheduler '{className}' is not supported. Choose one of {string.Join(", ", Names)}; it takes its settings from '{path}'.", path);
        }

        var config = SchedulerConfig.From(file, className);
        return Create(name == "dpm++-karras" ? config with { UseKarrasSigmas = true } : config, eta);
    }

    /// <summary>The scheduler of the config's class.</summary>
    /// <exception cref="CheckpointException">MG0222 for a setting that it cannot honour, MG0227 for a class that is not supported.</exception>
    /// <exception cref="ArgumentOutOfRangeException">η is out of range, or not 0 for a scheduler that has none.</exception>
    public static IScheduler Create(SchedulerConfig config, double eta = 0)
    {
        if (eta != 0 && config.ClassName != "DDIMScheduler") throw new ArgumentOutOfRangeException(nameof(eta), eta, "Only the scheduler ddim has an eta; it must be 0 for the others.");
        return config.ClassName switch
        {
            "DDIMScheduler" => new DDIMScheduler(config, eta),
            "PNDMScheduler" => new PNDMScheduler(config),
            "EulerDiscreteScheduler" => new EulerDiscreteScheduler(config),
            "EulerAncestralDiscreteScheduler" => new EulerAncestralDiscreteScheduler(config),
            "DPMSolverMultistepScheduler" => new DPMSolverMultistepScheduler(config),
            "UniPCMultistepScheduler" => new UniPCMultistepScheduler(config),
            var other => throw new CheckpointException("MG0227", $"The scheduler '{other}' is not supported. Supported: {string.Join(", ", Classes.Values.Distinct(StringComparer.Ordinal))}.", config.Place),
        };
    }

    /// <summary>Checks a number of steps of DDIM, PNDM and Euler.</summary>
    internal static void RequireSteps(int steps, SchedulerConfig config, string spacing, int minimum = 1)
    {
        RequireSteps(steps, config.NumTrainTimesteps, minimum);
        if (spacing == "leading") RequireTrained(steps, (steps - 1) * (config.NumTrainTimesteps / steps), config);
    }

    internal static void RequireSteps(int steps, int maximum, int minimum = 1)
    {
        if (steps < minimum || steps > maximum)
        {
            throw new ArgumentOutOfRangeException(nameof(steps), steps, FormattableString.Invariant($"The number of steps must be from {minimum} to {maximum}, by the timesteps that the model was trained on."));
        }
    }

    /// <summary>Checks that the first timestep, with the offset, is one of the training.</summary>
    internal static void RequireTrained(int steps, int first, SchedulerConfig config)
    {
        var (begin, train) = (first + config.StepsOffset, config.NumTrainTimesteps);
        if (begin >= train)
        {
            throw new ArgumentOutOfRangeException(nameof(steps), steps, FormattableString.Invariant($"With the 'steps_offset' {config.StepsOffset} of '{config.Place}', {steps} steps would begin at timestep {begin}; the model was trained on 0 to {train - 1}. Choose another number of steps."));
        }
    }

    // diffusers' default for the pipeline.
    private static string ClassName(ModelConfig file) => file.Text("_class_name", "PNDMScheduler");
}
