using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Text;
using ModelGuard.Diffusion.Unet;
using ModelGuard.Diffusion.Vae;
using Shapes.Training.World;
using static TorchSharp.torch;

namespace Shapes.Training.Training;

/// <summary>
/// The four runs and what they write. The scorer has its own seeds, pictures, width and depth: the judge must not share weights with the
/// accused. Every stage can be taken up again where it stopped.
/// </summary>
internal sealed class Recipe
{
    private const int Pictures = 40_000;
    private readonly string work;
    private readonly string model;
    private readonly string scorer;
    private readonly IProgress<TrainingProgress> progress;
    private readonly CLIPTokenizer tokenizer;
    private readonly CaptionCodec codec;

    /// <summary>Prepares the vocabulary that all runs share.</summary>
    public Recipe(string output, string work, IProgress<TrainingProgress> progress)
    {
        (this.work, this.progress) = (work, progress);
        (model, scorer) = (Path.Combine(output, "model"), Path.Combine(output, "scorer"));
        Directory.CreateDirectory(work);
        foreach (var folder in new[] { Path.Combine(model, "tokenizer"), scorer }) Vocabulary.Write(folder, 1);
        tokenizer = CLIPTokenizer.Load(Path.Combine(model, "tokenizer"));
        codec = new CaptionCodec(tokenizer);
    }

    public void TrainTextEncoder(int steps, CancellationToken cancellation)
    {
        var config = Architecture.TextEncoder(tokenizer.VocabSize);
        using var clip = new CLIPModel(config, Architecture.Teacher, config.ProjectionDim);
        Initialization.Fill(clip, 21);
        new ClipTrainer(new PictureSet(11, Pictures), codec, Loop(31)).Train(clip, new TrainingPlan("clip", steps, 1e-3, 100, 0.05), cancellation);
        ModelFolder.WriteWeights(clip, Path.Combine(model, "text_encoder", "model.safetensors"), "text_model.");
        ModelFolder.WriteJson(Path.Combine(model, "text_encoder", "config.json"), ModelFolder.TextModel(config));
    }

    /// <summary>On flawless pictures first, then, with a new rise of the learning rate, on distorted ones until <paramref name="distortedSteps"/>.</summary>
    public void TrainScorer(int steps, int distortedSteps, CancellationToken cancellation)
    {
        var (text, vision) = (Architecture.ScorerText(tokenizer.VocabSize), Architecture.ScorerVision);
        using var clip = new CLIPModel(text, vision, text.ProjectionDim);
        Initialization.Fill(clip, 22);
        var pictures = new PictureSet(12, Pictures);
        new ClipTrainer(pictures, codec, Loop(32)).Train(clip, Plan(steps), cancellation);
        new ClipTrainer(pictures, codec, Loop(32), distort: true).Train(clip, Plan(distortedSteps), cancellation);
        ModelFolder.WriteWeights(clip, Path.Combine(scorer, "model.safetensors"));
        ModelFolder.WriteJson(Path.Combine(scorer, "config.json"), ModelFolder.Clip(text, vision, text.ProjectionDim));
        ModelFolder.WriteJson(Path.Combine(scorer, "preprocessor_config.json"), ModelFolder.Preprocessor(SceneRenderer.Side));

        static TrainingPlan Plan(int end) => new("scorer", end, 1e-3, 100, 0.05);
    }

    public void TrainVae(int steps, CancellationToken cancellation)
    {
        using var vae = new AutoencoderKL(Architecture.Vae);
        Initialization.Fill(vae, 23);
        var trainer = new VaeTrainer(new PictureSet(13, Pictures), Loop(33));
        trainer.Train(vae, new TrainingPlan("vae", steps, 1e-3, 100, 0, 0.99, 0.995), cancellation);
        ModelFolder.WriteWeights(vae, Path.Combine(model, "vae", "diffusion_pytorch_model.safetensors"));
        ModelFolder.WriteJson(Path.Combine(model, "vae", "config.json"), ModelFolder.Vae(vae.Config, trainer.ScalingFactor(vae)));
    }

    /// <summary>
    /// Needs the text encoder and the VAE; reads them back as they were published, in float16. The learning rate falls until each of
    /// <paramref name="ends"/> and rises again between them (Loshchilov and Hutter, "SGDR", ICLR 2017).
    /// </summary>
    public void TrainUnet(int[] ends, CancellationToken cancellation)
    {
        using var textEncoder = CLIPTextModel.Load(Path.Combine(model, "text_encoder"));
        using var vae = AutoencoderKL.Load(Path.Combine(model, "vae"));
        using var unet = new UNet2DConditionModel(Architecture.Unet);
        Initialization.Fill(unet, 24);
        var pictures = new PictureSet(14, Pictures);
        using var latents = Encode(vae, pictures, cancellation);
        var trainer = new UnetTrainer(pictures, latents, codec, textEncoder, Loop(34));
        foreach (var end in ends) trainer.Train(unet, new TrainingPlan("unet", end, 1e-3, 200, 0.01, 0.99, 0.999), cancellation);
        ModelFolder.WriteWeights(unet, Path.Combine(model, "unet", "diffusion_pytorch_model.safetensors"));
        ModelFolder.WriteJson(Path.Combine(model, "unet", "config.json"), ModelFolder.Unet(unet.Config));
        ModelFolder.WriteJson(Path.Combine(model, "scheduler", "scheduler_config.json"), ModelFolder.Scheduler());
        ModelFolder.WriteJson(Path.Combine(model, "model_index.json"), ModelFolder.Index());
    }

    private Tensor Encode(AutoencoderKL vae, PictureSet pictures, CancellationToken cancellation)
    {
        const int Chunk = 100;
        using var noGrad = no_grad();
        var chunks = new List<Tensor>();
        for (var start = 0; start < pictures.Count; start += Chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            chunks.Add((vae.Encode(pictures.Pixels(start, Chunk)).Mean * vae.Config.ScalingFactor).DetachFromDisposeScope());
            progress.Report(new TrainingProgress("latents", start + Chunk, pictures.Count, 0, 0));
        }

        var all = cat(chunks);
        chunks.ForEach(c => c.Dispose());
        return all;
    }

    private TrainingLoop Loop(long seed) => new(work, seed, progress);
}
