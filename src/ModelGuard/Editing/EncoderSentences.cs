using ModelGuard.Diffusion.Clip;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>
/// The sentences of an edit on their way through the encoder: what is to change as edited so far, what it is to become and what is to stay
/// as it was. Up to the first edited layer the edited encoder is the original one, and sentences to be kept go through it once.
/// </summary>
internal sealed class EncoderSentences : IDisposable
{
    // Captions that share a table of first-layer rows: at a width of 1280, one for all three hundred takes 80 MB.
    private const int Together = 100;
    private readonly EncoderSite site;
    private readonly CLIPTextLayers encoder;
    private readonly long[][] captionIds;
    private readonly DistinctRows rows;
    private readonly int last;
    private readonly List<KeyReader> captions = [];

    /// <param name="plan">The sentences.</param>
    /// <param name="site">The weight that is edited.</param>
    /// <param name="encoder">The unedited encoder.</param>
    /// <param name="canaryIds">Ids of the fingerprint's prompts.</param>
    /// <param name="last">The last layer that is edited.</param>
    public EncoderSentences(EditPlan plan, EncoderSite site, CLIPTextLayers encoder, long[][] canaryIds, int last)
    {
        (this.site, this.encoder, captionIds, this.last) = (site, encoder, plan.CaptionIds, last);
        long[][][] groups = [plan.OldIds, plan.NewIds, plan.PreservedIds, plan.HardIds, [.. plan.Watched.Select(w => w.Ids)]];
        // One table: a concept and its target stand in the same sentences.
        rows = DistinctRows.Of(encoder.Embed, [.. groups.SelectMany(g => g)]);
        var first = 0;
        KeyReader?[] readers = [.. groups.Select(Next)];
        (Old, New, KeptInOriginal, Hard, Watched) = (readers[0]!, readers[1]!, readers[2], readers[3], readers[4]);
        // These are shorter.
        CanariesInOriginal = new KeyReader(encoder.Embed, canaryIds);
        CanariesInEdited = CanariesInOriginal.Fork();

        KeyReader? Next(long[][] ids)
        {
            var reader = ids.Length > 0 ? new KeyReader(rows, first, ids.Length) : null;
            first += ids.Length;
            return reader;
        }
    }

    /// <summary>Sentences with a concept, in the encoder as edited so far.</summary>
    public KeyReader Old { get; }

    /// <summary>Sentences with its target, in the unedited encoder.</summary>
    public KeyReader New { get; }

    /// <summary>Sentences with preserved names in the unedited encoder; null when there are none.</summary>
    public KeyReader? KeptInOriginal { get; }

    /// <summary>The same in the encoder as edited so far; null as long as nothing was edited.</summary>
    public KeyReader? KeptInEdited { get; private set; }

    /// <summary>Preserved names alone in the unedited encoder; null when there are none.</summary>
    public KeyReader? Hard { get; }

    /// <summary>Preserved prompts of the audit in the unedited encoder; null when there are none.</summary>
    public KeyReader? Watched { get; }

    /// <summary>Prompts of the fingerprint in the unedited encoder.</summary>
    public KeyReader CanariesInOriginal { get; }

    /// <summary>The same in the encoder as edited so far.</summary>
    public KeyReader CanariesInEdited { get; }

    /// <summary>Takes all sentences through a layer; from an edited one on, those of the edited encoder go their own way.</summary>
    /// <param name="layer">The layer with its original weights; an edited one is changed.</param>
    /// <param name="edited">The new weight of the site as it will be stored; null when the layer is not edited.</param>
    public void Pass(CLIPEncoderLayer layer, Tensor? edited)
    {
        if (edited is not null) KeptInEdited ??= KeptInOriginal?.Fork();
        foreach (var reader in new[] { New, KeptInOriginal, Hard, Watched }) reader?.Pass(layer);
        captions.ForEach(c => c.Pass(layer));
        CanariesInOriginal.Pass(layer);
        // The next layers must see what will be stored, not what was solved.
        if (edited is not null) SetWeight(layer, edited);
        CanariesInEdited.Pass(layer);
        Old.Pass(layer);
        KeptInEdited?.Pass(layer);
    }

    /// <summary>
    /// Takes the prompts of the fingerprint through the last layer, where nothing else has to go. Its parts are read one after the other: in
    /// float64 the whole layer takes 157 MB at a width of 1280, more than the edit itself.
    /// </summary>
    /// <param name="layer">Its number.</param>
    /// <param name="edited">The new weight of the site as it will be stored.</param>
    public void PassCanaries(int layer, Tensor? edited)
    {
        Step(LayerParts.Heads, (reader, module) => reader.Prepare(module, EncoderSite.OutProj));
        Step(LayerParts.OutProj | LayerParts.Features, (reader, module) => reader.Prepare(module, EncoderSite.Fc2));
        Step(LayerParts.OutProj | LayerParts.Fc2, (reader, module) => reader.Pass(module));

        void Step(LayerParts parts, Action<KeyReader, CLIPEncoderLayer> go)
        {
            using var module = encoder.LoadLayer(layer, parts);
            go(CanariesInOriginal, module);
            if (edited is not null && parts.HasFlag(site == EncoderSite.OutProj ? LayerParts.OutProj : LayerParts.Fc2)) SetWeight(module, edited);
            go(CanariesInEdited, module);
        }
    }

    /// <summary>Σ k kᵀ [d, d] of the captions in the unedited encoder. They set out when they are first asked for: from a cache, it may be never.</summary>
    /// <param name="layer">The layer that comes next.</param>
    /// <param name="module">Its original weights.</param>
    public Tensor CaptionMoment(int layer, CLIPEncoderLayer module)
    {
        using var scope = NewDisposeScope();
        Tensor? sum = null;
        var isFirst = captions.Count == 0;
        foreach (var (ids, group) in captionIds.Chunk(Together).Select((ids, group) => (ids, group)))
        {
            var reader = isFirst ? Captions(ids, layer) : captions[group];
            using var moment = reader.Moment(module, site);
            sum = sum is null ? moment.clone() : sum.add_(moment);
            // Behind the last layer they go no further, and would take more memory than the system that is solved next.
            if (layer == last) reader.Dispose();
            else if (isFirst) captions.Add(reader);
        }

        if (layer == last) captions.Clear();
        return sum!.MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var reader in new[] { Old, New, KeptInOriginal, KeptInEdited, Hard, Watched, CanariesInEdited, CanariesInOriginal }) reader?.Dispose();
        captions.ForEach(c => c.Dispose());
        rows.Dispose();
    }

    private KeyReader Captions(long[][] ids, int layer)
    {
        var reader = new KeyReader(encoder.Embed, ids);
        for (var before = 0; before < layer; before++)
        {
            using var module = encoder.LoadLayer(before);
            reader.Pass(module);
        }

        return reader;
    }

    private void SetWeight(CLIPEncoderLayer layer, Tensor weight)
    {
        using var noGrad = no_grad();
        (site == EncoderSite.OutProj ? layer.OutProjWeight : layer.Fc2Weight).copy_(weight);
    }
}
