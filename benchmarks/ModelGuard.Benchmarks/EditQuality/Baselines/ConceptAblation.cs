using ModelGuard.Diffusion.Pipeline;
using static TorchSharp.torch;

namespace ModelGuard.Benchmarks.EditQuality.Baselines;

/// <summary>
/// Concept-Ablation, the model-based variant (Kumari et al., Ablating Concepts in Text-to-Image Diffusion Models, ICCV 2023, eq. 5): on noised
/// pictures of what is to take the concept's place, the prediction under the concept's sentence is drawn to the base's under the other one.
/// Keys and values of the cross-attention are trained.
/// </summary>
/// <param name="settings">How it is trained.</param>
internal sealed class ConceptAblation(FineTuningSettings settings) : FineTuning(settings)
{
    private const int Timesteps = 1000;

    // Pictures of each sentence.
    private const int Seeds = 2;
    private readonly List<Tensor> pictures = [];

    /// <inheritdoc />
    protected override void Prepare(World world, CancellationToken cancellation)
    {
        GenerationItem[] items = [.. from sentence in world.Sentences from seed in Enumerable.Range(0, Seeds) select new GenerationItem(sentence.New, seed)];
        pictures.AddRange(world.Original.Generate(items, PictureJudge.Settings, cancellation: cancellation).Select(p => p.Latents));
    }

    /// <inheritdoc />
    protected override Tensor Loss(World world, Random random)
    {
        var picks = Enumerable.Range(0, Batch).Select(_ => random.Next(pictures.Count)).ToArray();
        var sentences = picks.Select(p => world.Sentences[p / Seeds]).ToArray();
        using var generator = new Generator((ulong)random.NextInt64(), CPU);
        var (x, t, concept, target) = Target();
        return nn.functional.mse_loss(Predict(world.Trained, x, t, concept), target);

        (Tensor Latents, Tensor Timesteps, Tensor Concept, Tensor Target) Target()
        {
            using var noGrad = no_grad();
            var clean = stack(picks.Select(p => pictures[p]));
            var times = randint(Timesteps, [Batch], generator: generator, dtype: ScalarType.Int64);
            var noised = world.Scheduler.AddNoise(clean, randn(clean.shape, generator: generator), times);
            var (with, anchor) = (world.Original.Encode([.. sentences.Select(s => s.Old)]).States, world.Original.Encode([.. sentences.Select(s => s.New)]).States);
            return (noised, times.to(ScalarType.Float32), with, Predict(world.Original, noised, times.to(ScalarType.Float32), anchor));
        }
    }
}
