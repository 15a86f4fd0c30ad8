using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using static TorchSharp.torch;

namespace ModelGuard.Tracing;

/// <summary>The clean run of a prompt through one text encoder, and its corrupted ones: Gaussian noise on the token embeddings of the subject (Meng et al., 2022, section 2.1).</summary>
internal sealed class EncoderRuns : IDisposable
{
    private EncoderRuns(CLIPTextModel model, int layers, TracedPrompt prompt, double? noise, TextStates clean, TextStates corrupted)
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

    /// <summary>The noise's standard deviation; null where the subject was replaced.</summary>
    public double? Noise { get; }

    /// <summary>One run.</summary>
    public TextStates Clean { get; }

    /// <summary>A run for each draw.</summary>
    public TextStates Corrupted { get; }

    /// <summary>Runs a prompt.</summary>
    /// <param name="encoder">The text encoder.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="subject">The subject as it stands in it.</param>
    /// <param name="contrast">What stands in its place where the corruption is <see cref="Corruption.Replacement"/>.</param>
    /// <param name="settings">How.</param>
    /// <exception cref="TraceException">MG1101 when the subject does not stand in the prompt.</exception>
    public static EncoderRuns Create(PipelineTextEncoder encoder, string prompt, string subject, string contrast, TraceSettings settings)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var traced = TracedPrompt.Create(prompt, subject, encoder.Tokenizer);
        var layers = encoder.Model.Tower.LayerCount;
        var ids = tensor(traced.Ids.ToArray(), device: encoder.Model.parameters().First().device).unsqueeze(0);
        var embedded = encoder.Model.Tower.Embed(ids);
        var positions = tensor(traced.SubjectPositions.Select(p => (long)p).ToArray(), device: ids.device);
        var (corrupted, deviation) = settings.Corruption == Corruption.Noise
            ? Noised(encoder, ids[0].index_select(0, positions), embedded[0], positions, settings)
            : (Replaced(encoder, traced, contrast, embedded[0], positions).expand(settings.Draws, -1, -1).contiguous(), null);
        return new EncoderRuns(
            encoder.Model,
            layers,
            traced,
            deviation,
            TextStates.Run(encoder.Model, layers, ids, embedded),
            TextStates.Run(encoder.Model, layers, ids.expand(settings.Draws, -1), corrupted));
    }

    private static (Tensor Embedded, double? Deviation) Noised(PipelineTextEncoder encoder, Tensor subject, Tensor embedded, Tensor positions, TraceSettings settings)
    {
        var deviation = settings.NoiseFactor * encoder.Model.Tower.TokenEmbeddings(subject).to(ScalarType.Float64).std(unbiased: false).item<double>();
        return (stack(Enumerable.Range(0, settings.Draws).Select(draw =>
        {
            using var generator = new Generator(unchecked((ulong)(settings.Seed + draw)), CPU);
            var noise = randn([positions.shape[0], embedded.shape[1]], generator: generator) * deviation;
            return embedded.index_add(0, positions, noise.to(embedded.dtype, embedded.device), 1);
        })), deviation);
    }

    /// <summary>The last token of the contrast stands for the last of the subject, and so on backwards; its first one for all that are left.</summary>
    private static Tensor Replaced(PipelineTextEncoder encoder, TracedPrompt prompt, string contrast, Tensor embedded, Tensor positions)
    {
        long[] other = [.. encoder.Tokenizer.TokenizeToIds(contrast)];
        if (other.Length == 0) throw new TraceException("MG1103", $"'{contrast}' has no tokens, so it cannot stand in the place of '{prompt.Subject}'. Name something of the same kind.");
        var length = encoder.Tokenizer.TokenizeToIds(prompt.Subject).Length;
        var offsets = prompt.SubjectPositions.Select((_, i) => Math.Max(other.Length - length + (i % length), 0));
        var (old, replacement) = (prompt.SubjectPositions.Select(p => prompt.Ids[p]).ToArray(), offsets.Select(o => other[o]).ToArray());
        Tensor Embed(long[] ids) => encoder.Model.Tower.TokenEmbeddings(tensor(ids, device: positions.device));
        return embedded.index_add(0, positions, Embed(replacement) - Embed(old), 1).unsqueeze(0);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Clean.Dispose();
        Corrupted.Dispose();
    }
}
