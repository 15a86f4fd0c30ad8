using System.Collections.Immutable;
using ModelGuard.Diffusion.Clip;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>
/// What several layers are to achieve together (MEMIT, Meng et al., 2023, section 4.3): the state after the last edited layer that the
/// unedited encoder has for the target. Each layer takes an equal share of what is still missing there.
/// </summary>
internal sealed class SpreadTargets : IDisposable
{
    private readonly CLIPTextLayers encoder;
    private readonly ImmutableArray<int> layers;

    public SpreadTargets(CLIPTextLayers encoder, EditPlan plan, EncoderSentences sentences, ImmutableArray<int> layers)
    {
        (this.encoder, this.layers) = (encoder, layers);
        New = Last(0, null, sentences.New).DetachFromDisposeScope();
        Kept = plan.PreservedIds.Length > 0 ? Last(0, null, sentences.KeptInOriginal!).DetachFromDisposeScope() : null;
    }

    /// <summary>State of the target's sentences after the last edited layer [n, positions, width].</summary>
    public Tensor New { get; }

    /// <summary>State of the preserved sentences there; null when there are none.</summary>
    public Tensor? Kept { get; }

    /// <summary>A layer's share of what is missing in the last one's output [rows, width].</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="module">The layer's weights.</param>
    /// <param name="now">Sentences before that layer, as edited so far.</param>
    /// <param name="wanted">Where they are to end.</param>
    /// <param name="from">Rows of the sentences.</param>
    /// <param name="to">Rows of <paramref name="wanted"/>.</param>
    public Tensor Missing(int layer, CLIPEncoderLayer module, KeyReader now, Tensor wanted, ImmutableArray<(int Prompt, int Position)> from, ImmutableArray<(int Prompt, int Position)> to)
    {
        using var scope = NewDisposeScope();
        var remaining = layers.Count(l => l >= layer);
        return ((KeyRows.Of(wanted, to) - KeyRows.Of(Last(layer, module, now), from)) / remaining).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        New.Dispose();
        Kept?.Dispose();
    }

    /// <summary>Takes a copy of sentences from before a layer to after the last edited one.</summary>
    private Tensor Last(int from, CLIPEncoderLayer? module, KeyReader sentences)
    {
        using var reader = sentences.Fork();
        for (var layer = from; layer <= layers[^1]; layer++)
        {
            using var loaded = layer == from && module is not null ? null : encoder.LoadLayer(layer);
            reader.Pass(loaded ?? module!);
        }

        return reader.State();
    }
}
