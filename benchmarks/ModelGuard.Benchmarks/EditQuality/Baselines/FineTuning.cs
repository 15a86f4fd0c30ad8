using System.Collections.Immutable;
using System.Globalization;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Diffusion.Schedulers;
using ModelGuard.Diffusion.Unet;
using ModelGuard.Diffusion.Weights;
using ModelGuard.Editing;
using ModelGuard.Editing.Captions;
using static TorchSharp.torch;

namespace ModelGuard.Benchmarks.EditQuality.Baselines;

/// <summary>How a baseline is trained.</summary>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Rate">Learning rate of Adam.</param>
/// <param name="Weights">Weights of each cross-attention module that are trained, for example <c>to_k</c>.</param>
internal sealed record FineTuningSettings(int Steps, double Rate, ImmutableArray<string> Weights);

/// <summary>
/// A published way to forget by gradient steps on the UNet's cross-attention, as the comparison that the closed form needs. It trains on the
/// same sentences as the edit is solved on, and gives what an edit gives: tensors.
/// </summary>
/// <param name="settings">How it is trained.</param>
internal abstract class FineTuning(FineTuningSettings settings)
{
    // Pictures of a step.
    protected const int Batch = 4;

    /// <summary>Trains, and gives the weights that changed.</summary>
    /// <param name="checkpoint">The base.</param>
    /// <param name="removed">What is to be forgotten.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    public ImmutableArray<EditedTensor> Train(Checkpoint checkpoint, ImmutableArray<ShapeClass> removed, CancellationToken cancellation)
    {
        using var original = StableDiffusionPipeline.Load(checkpoint);
        using var trained = StableDiffusionPipeline.Load(checkpoint);
        var parameters = trained.Unet.named_parameters().Where(p => p.name.Contains(".attn2.", StringComparison.Ordinal) && settings.Weights.Any(w => p.name.EndsWith($"{w}.weight", StringComparison.Ordinal))).ToArray();
        foreach (var (_, parameter) in trained.Unet.named_parameters()) parameter.requires_grad = false;
        foreach (var (_, parameter) in original.Unet.named_parameters()) parameter.requires_grad = false;
        foreach (var (_, parameter) in parameters) parameter.requires_grad = true;
        var policy = QualityPolicy.Of(QualityMethod.All[0].Settings, removed);
        ImmutableArray<EditPrompt> sentences = [.. EditPrompts.ForEdit(policy, new CaptionWriter(Lexicon.Of(policy, trained.Tokenizer)), _ => true)];
        using var optimizer = optim.Adam(parameters.Select(p => p.parameter), settings.Rate);
        var world = new World(original, trained, (DDIMScheduler)SchedulerFactory.Load(checkpoint.SchedulerConfig, "ddim"), sentences);
        Prepare(world, cancellation);
        for (var step = 0; step < settings.Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var held = FinalizerHold.Enter();
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            var loss = Loss(world, new Random(step));
            loss.backward();
            optimizer.step();
            if ((step + 1) % 50 == 0) Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {step + 1} of {settings.Steps}, loss {loss.item<float>():0.00000}"));
        }

        using var weights = checkpoint.Component("unet").OpenWeights();
        return [.. parameters.Select(p => Edited(p.name, TensorConversion.Read(weights.Get(p.name)), p.parameter.detach()))];
    }

    /// <summary>What is made once, before the first step.</summary>
    protected abstract void Prepare(World world, CancellationToken cancellation);

    /// <summary>The loss of a step.</summary>
    protected abstract Tensor Loss(World world, Random random);

    /// <summary>The UNet's prediction of noise.</summary>
    protected static Tensor Predict(StableDiffusionPipeline pipeline, Tensor latents, Tensor timesteps, Tensor states) => pipeline.Unet.call(latents, timesteps, new UNetConditions(states));

    private static EditedTensor Edited(string name, Tensor before, Tensor after)
    {
        var bytes = TensorConversion.ToBytes(after.to(before.dtype));
        var delta = (after - before).to(ScalarType.Float64);
        return new EditedTensor("unet", name, 0, [.. bytes], new EditFacts("F32", 0, 0, delta.norm().item<double>(), (delta.norm() / before.norm()).item<double>(), delta.abs().max().item<double>(), 1, 0, 0, "", ""));
    }

    /// <summary>What a baseline works with.</summary>
    /// <param name="Original">The base, which does not change.</param>
    /// <param name="Trained">The model that is trained.</param>
    /// <param name="Scheduler">Gives noise levels.</param>
    /// <param name="Sentences">Sentences with a name and with what is to take its place.</param>
    internal sealed record World(StableDiffusionPipeline Original, StableDiffusionPipeline Trained, DDIMScheduler Scheduler, ImmutableArray<EditPrompt> Sentences);
}
