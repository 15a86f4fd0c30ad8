using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Configuration;
using ModelGuard.Diffusion.Schedulers;

namespace ModelGuard.Policies.Starter;

/// <summary>A text encoder of a model that a policy is to be written for.</summary>
/// <param name="Component">For example <c>text_encoder_2</c>.</param>
/// <param name="Layers">How many layers it has.</param>
public sealed record StarterEncoder(string Component, long Layers);

/// <summary>What a first policy needs to know about a model. It stands in configs and indexes: no weights are read.</summary>
/// <param name="Family">The family.</param>
/// <param name="Encoders">Its text encoders, in the pipeline's order; at least one.</param>
/// <param name="Scheduler">The policy's name of the scheduler that the checkpoint is made for; null for one that is not run here.</param>
public sealed record StarterModel(ModelFamily Family, ImmutableArray<StarterEncoder> Encoders, string? Scheduler)
{
    // What transformers takes where a config says nothing.
    private const long DefaultLayers = 12;

    /// <summary>Looks at a checkpoint, and makes sure that it can be edited and audited: a family that is run, weights in safetensors, tokenizers.</summary>
    /// <exception cref="CheckpointException">
    /// MG0262 for a family that is not run here, MG0210 for weights that can run code, MG0264 for missing ones, MG0268 for a single file
    /// without tokenizers, MG0220 or MG0224 for a config that cannot be read.
    /// </exception>
    public static StarterModel Of(Checkpoint checkpoint)
    {
        checkpoint.RequireGeneration();
        foreach (var name in checkpoint.TextEncoders.Select(e => e.Component).Append("unet").Append("vae"))
        {
            // Finding the files is enough: it refuses pickles and components without weights.
            _ = checkpoint.Component(name).WeightFiles;
        }

        foreach (var encoder in checkpoint.TextEncoders) _ = checkpoint.TokenizerFolder(encoder.Tokenizer);
        return new StarterModel(
            checkpoint.Family,
            [.. checkpoint.TextEncoders.Select(e => new StarterEncoder(e.Component, ModelConfig.Parse(checkpoint.Component(e.Component).Config).Integer("num_hidden_layers", DefaultLayers)))],
            SchedulerFactory.NameOf(checkpoint.SchedulerConfig));
    }
}
