using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Images;
using ModelGuard.Diffusion.Text;
using ModelGuard.Diffusion.Weights;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Clip;

/// <summary>Cosines between pictures and texts: a CLIP model with its tokenizer and its preprocessing.</summary>
public sealed class ClipScorer : IDisposable
{
    private const int Batch = 64;
    private readonly CLIPModel model;
    private readonly CLIPTokenizer tokenizer;
    private readonly CLIPImageProcessor processor;
    private readonly Device device;

    private ClipScorer(CLIPModel model, CLIPTokenizer tokenizer, CLIPImageProcessor processor, Device device)
    {
        this.model = model;
        this.tokenizer = tokenizer;
        this.processor = processor;
        this.device = device;
    }

    /// <summary>Loads a transformers folder with model, tokenizer and <c>preprocessor_config.json</c>.</summary>
    /// <exception cref="CheckpointException">The folder cannot be used.</exception>
    public static ClipScorer Load(string folder, Device? device = null)
    {
        RequireFolder(folder);
        var place = device ?? CPU;
        return new ClipScorer(CLIPModel.Load(folder).MoveTo(place), CLIPTokenizer.Load(folder), CLIPImageProcessor.Load(folder), place);
    }

    /// <summary>Refuses what cannot be a scorer, before anything of it is read.</summary>
    /// <exception cref="CheckpointException">MG0266 for what is no folder; the code of <see cref="PickleFormats.Refuse"/> for weights that are programs.</exception>
    public static void RequireFolder(string folder)
    {
        PickleFormats.Refuse(folder);
        if (!Directory.Exists(folder)) throw new CheckpointException("MG0266", $"The scorer '{folder}' does not exist, or it is no folder. Name a CLIP folder with config.json and model.safetensors.", folder);
    }

    /// <summary>Texts → unit vectors [n, projection]; the caller disposes the result.</summary>
    public Tensor EmbedTexts(IReadOnlyList<string> texts)
    {
        using var held = FinalizerHold.Enter();
        using var inference = no_grad();
        using var scope = NewDisposeScope();
        var rows = texts.Chunk(Batch).Select(chunk =>
        {
            var ids = tensor(chunk.SelectMany(t => tokenizer.Encode(t)).ToArray(), device: device).view(chunk.Length, -1);
            var lengths = tensor(chunk.Select(t => Math.Min(tokenizer.TokenizeToIds(t).Length + 2, (long)tokenizer.MaxLength)).ToArray(), device: device).unsqueeze(1);
            var mask = arange(tokenizer.MaxLength, dtype: ScalarType.Int64, device: device).unsqueeze(0).lt(lengths).to(ScalarType.Int64);
            return functional.normalize(model.GetTextFeatures(ids, mask));
        });
        return cat([.. rows]).MoveToOuterDisposeScope();
    }

    /// <summary>Pictures → unit vectors [n, projection]; the caller disposes the result.</summary>
    public Tensor EmbedImages(IReadOnlyList<RgbImage> images)
    {
        using var held = FinalizerHold.Enter();
        using var inference = no_grad();
        using var scope = NewDisposeScope();
        var rows = images.Chunk(Batch).Select(chunk => functional.normalize(model.GetImageFeatures(processor.Process(chunk).to(device))));
        return cat([.. rows]).MoveToOuterDisposeScope();
    }

    /// <summary>Raw cosines, one row a picture and one column a text.</summary>
    public double[,] Cosines(IReadOnlyList<RgbImage> images, IReadOnlyList<string> texts)
    {
        using var scope = NewDisposeScope();
        using var cosines = matmul(EmbedImages(images), EmbedTexts(texts).t()).to(ScalarType.Float64).cpu().contiguous();
        var values = cosines.data<double>().ToArray();
        var result = new double[images.Count, texts.Count];
        Buffer.BlockCopy(values, 0, result, 0, values.Length * sizeof(double));
        return result;
    }

    /// <inheritdoc />
    public void Dispose() => model.Dispose();
}
