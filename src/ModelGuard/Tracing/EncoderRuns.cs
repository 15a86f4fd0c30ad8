using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using static TorchSharp.torch;

namespace ModelGuard.Tracing;

/// <summary>The clean run of a prompt through one text encoder, and its corrupted ones: Gaussian noise on the token embeddings of the subject (Meng et al., 2022, section 2.1).</summary>
internal sealed class EncoderRuns : IDisposable
{
    private EncoderRuns(CLIPTextModel model, int layers, TracedPrompt prompt, double noise, TextStates clean, TextStates corrupted)
    {
        Model = model;
        Layers = layers;
        Prompt = prompt;
        Noise = noise;
        Clean = clean;
        Corrupted = corrupted;
    }

    /// <summary>The text encoder.</summary>
    public CLIPTextModel Model { get; }

    /// <summary>How many layers it has.</summary>
    public int Layers { get; }

    /// <summary>The prompt.</summary>
    public TracedPrompt Prompt { get; }

    /// <summary>The noise's standard deviation.</summary>
    public double Noise { get; }

    /// <summary>One run.</summary>
    public TextStates Clean { get; }

    /// <summary>A run for each draw.</summary>
    public TextStates Corrupted { get; }

    /// <summary>Runs a prompt.</summary>
    /// <exception cref="TraceException">MG1101 when the subject does not stand in the prompt.</exception>
    public static EncoderRuns Create(PipelineTextEncoder encoder, string prompt, string subject, TraceSettings settings)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var traced = TracedPrompt.Create(prompt, subject, encoder.Tokenizer);
        var layers = encoder.Model.Tower.LayerCount;
        var ids = tensor(traced.Ids.ToArray(), device: encoder.Model.parameters().First().device).unsqueeze(0);
        var embedded = encoder.Model.Tower.Embed(ids);
        var positions = tensor(traced.SubjectPositions.Select(p => (long)p).ToArray(), device: ids.device);
        var deviation = settings.NoiseFactor * encoder.Model.Tower.TokenEmbeddings(ids[0].index_select(0, positions)).to(ScalarType.Float64).std(unbiased: false).item<double>();
        var noisy = stack(Enumerable.Range(0, settings.Draws).Select(draw =>
        {
            using var generator = new Generator(unchecked((ulong)(settings.Seed + draw)), CPU);
            var noise = randn([positions.shape[0], embedded.shape[2]], generator: generator) * deviation;
            return embedded[0].index_add(0, positions, noise.to(embedded.dtype, embedded.device), 1);
        }));
        return new EncoderRuns(
            encoder.Model,
            layers,
            traced,
            deviation,
            TextStates.Run(encoder.Model, layers, ids, embedded),
            TextStates.Run(encoder.Model, layers, ids.expand(settings.Draws, -1), noisy));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Clean.Dispose();
        Corrupted.Dispose();
    }
}
