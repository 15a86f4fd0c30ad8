using static TorchSharp.torch;

namespace ModelGuard.Benchmarks.EditQuality.Baselines;

/// <summary>
/// ESD-x (Gandikota et al., Erasing Concepts from Diffusion Models, ICCV 2023, eq. 7): at a point of the trained model's own way to a picture
/// of the concept, its prediction is drawn to ε(x, ∅) − η (ε(x, c) − ε(x, ∅)) of the base, with η = 1; only cross-attention is trained.
/// </summary>
/// <param name="settings">How it is trained.</param>
internal sealed class ErasedDiffusion(FineTuningSettings settings) : FineTuning(settings)
{
    private const int SamplerSteps = 12;

    // Published: the way to the point is sampled with a guidance scale of 3, the target with η = 1.
    private const double WayGuidance = 3;
    private const double Negative = 1;

    /// <inheritdoc />
    protected override void Prepare(World world, CancellationToken cancellation) => world.Scheduler.SetTimesteps(SamplerSteps);

    /// <inheritdoc />
    protected override Tensor Loss(World world, Random random)
    {
        var prompts = Enumerable.Range(0, Batch).Select(_ => world.Sentences[random.Next(world.Sentences.Length)].Old).ToArray();
        using var generator = new Generator((ulong)random.NextInt64(), CPU);
        var (latents, timestep, concept, target) = Target();
        return nn.functional.mse_loss(Predict(world.Trained, latents, timestep, concept), target);

        (Tensor Latents, Tensor Timestep, Tensor Concept, Tensor Target) Target()
        {
            using var noGrad = no_grad();
            var (states, empty) = (world.Original.Encode(prompts).States, world.Original.Encode([""]).States.expand(Batch, -1, -1));
            var config = world.Trained.Unet.Config;
            var x = randn([Batch, config.InChannels, config.SampleSize, config.SampleSize], generator: generator);
            var stop = random.Next(SamplerSteps);
            var times = world.Scheduler.Timesteps;
            for (var i = 0; i < stop; i++)
            {
                using var inner = NewDisposeScope();
                var both = Predict(world.Trained, cat([x, x]), tensor((float)times[i]), cat([empty, states])).chunk(2);
                x = world.Scheduler.Step(both[0] + (WayGuidance * (both[1] - both[0])), times[i], x).MoveToOuterDisposeScope();
            }

            var t = tensor((float)times[stop]);
            var plain = Predict(world.Original, x, t, empty);
            return (x, t, states, plain - (Negative * (Predict(world.Original, x, t, states) - plain)));
        }
    }
}
