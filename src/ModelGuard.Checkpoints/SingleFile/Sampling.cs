using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModelGuard.Checkpoints.SingleFile;

/// <summary>How a single file's UNet was trained to predict, from what the file says about itself, or assumed.</summary>
/// <param name="Prediction"><c>epsilon</c> or <c>v_prediction</c>.</param>
/// <param name="HasZeroSnr">Whether the last timestep has no signal.</param>
/// <param name="Side">The side of its pictures.</param>
/// <param name="Assumption">What was assumed, in a sentence; null when the file says it.</param>
internal sealed record Sampling(string Prediction, bool HasZeroSnr, long Side, string? Assumption)
{
    private const string Velocity = "v_prediction";
    private const string Noise = "epsilon";
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>
    /// Reads the metadata of <c>modelspec</c> (Stability AI's SAI_ModelSpec) and the marks that trainers leave as tensors. A file of Stable
    /// Diffusion 2 that says nothing counts as 2.1 for 768 pixels, which predicts v, as in diffusers.
    /// </summary>
    public static Sampling Of(SingleFileLayout layout, IReadOnlyCollection<TensorInfo> tensors, IReadOnlyDictionary<string, string> metadata, string path)
    {
        var architecture = metadata.GetValueOrDefault("modelspec.architecture", "");
        var prediction = metadata.GetValueOrDefault("modelspec.prediction_type") switch
        {
            "v" or Velocity => Velocity,
            Noise => Noise,
            _ when Has("v_pred") => Velocity,
            _ when architecture.StartsWith("stable-diffusion-v2-768-v", StringComparison.Ordinal) => Velocity,
            _ when architecture.StartsWith("stable-diffusion-v2-512", StringComparison.Ordinal) => Noise,
            _ => null,
        };
        var assumption = prediction is null && layout.Generation == 2
            ? $"'{path}' does not say what its UNet predicts. v_prediction at 768 pixels was assumed, as Stable Diffusion 2.1 does; for a model of 512 pixels that predicts epsilon, name a diffusers folder with its configs (--components, or 'model.components' in the policy)."
            : null;
        prediction ??= layout.Generation == 2 ? Velocity : Noise;
        var side = layout.Generation switch { SingleFileLayout.Xl => 1024, 2 when prediction == Velocity => 768, _ => 512 };
        return new Sampling(prediction, Has("ztsnr"), Resolution(metadata) ?? side, assumption);

        bool Has(string name) => tensors.Any(t => t.Name == name);
    }

    /// <summary>The scheduler of the family, as its public folder has it.</summary>
    public string Scheduler(SingleFileLayout layout)
    {
        var config = new JsonObject
        {
            ["_class_name"] = (layout.Generation, Prediction) switch { (SingleFileLayout.Xl, _) => "EulerDiscreteScheduler", (2, Velocity) => "DDIMScheduler", _ => "PNDMScheduler" },
            ["beta_end"] = 0.012,
            ["beta_schedule"] = "scaled_linear",
            ["beta_start"] = 0.00085,
            ["clip_sample"] = false,
            ["num_train_timesteps"] = 1000,
            ["prediction_type"] = Prediction,
            ["set_alpha_to_one"] = false,
            ["skip_prk_steps"] = true,
            ["steps_offset"] = 1,
            ["timestep_spacing"] = "leading",
            ["trained_betas"] = null,
        };
        if (layout.Generation == SingleFileLayout.Xl)
        {
            config["interpolation_type"] = "linear";
            config["sample_max_value"] = 1.0;
            config["use_karras_sigmas"] = false;
        }

        if (HasZeroSnr) config["rescale_betas_zero_snr"] = true;
        return config.ToJsonString(Indented);
    }

    // Of "768x768", or "512". Pictures have sides of 64 pixels and more.
    private static long? Resolution(IReadOnlyDictionary<string, string> metadata)
    {
        var sides = metadata.GetValueOrDefault("modelspec.resolution", "").Split('x');
        return sides.Length is 1 or 2 && long.TryParse(sides[0], NumberStyles.None, CultureInfo.InvariantCulture, out var side) && side is >= 64 and <= 8192 && side % 8 == 0 && sides[^1] == sides[0] ? side : null;
    }
}
