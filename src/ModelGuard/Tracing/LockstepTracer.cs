using System.Collections.Immutable;
using System.Globalization;
using ModelGuard.Diffusion.Pipeline;
using static TorchSharp.torch;

namespace ModelGuard.Tracing;

/// <summary>
/// Causal tracing of a UNet: a run that shows the subject is drawn beside runs that do not, and each of these takes one module's output from it
/// at every timestep, with guidance on (Basu et al., 2024, section 3), or the keys and values of a window of cross-attention layers, without any
/// noise (Basu et al., 2024b, section 3).
/// </summary>
/// <param name="scores">Scores pictures.</param>
/// <param name="sites">The sites.</param>
/// <param name="high">States of the run that shows the subject, one row.</param>
/// <param name="low">States of the runs that do not, one row for each draw.</param>
/// <param name="name">What the pictures are called.</param>
/// <param name="settings">Draws and seeds.</param>
internal sealed class LockstepTracer(PictureScores scores, ImmutableArray<TraceSite> sites, PromptStates high, PromptStates low, string name, TraceSettings settings)
{
    private readonly string highDigest = ScoreStore.Digest(high, 0);

    /// <summary>The values of the runs that show the subject, and of those that do not; one array for each measure.</summary>
    public (double[][] High, double[][] Low) Ends(CancellationToken cancellation)
    {
        GenerationItem[] items = [.. Draws.Select(Item)];
        return (scores.Score(high.Rows(Draws.Select(_ => 0L)), items, cancellation), scores.Score(low, items, cancellation));
    }

    /// <summary>The values of every site; one array for each measure and site, one value for each draw.</summary>
    /// <param name="progress">Told how many runs are known since the last call.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    public ImmutableArray<double[][]> Trace(Action<int>? progress, CancellationToken cancellation)
    {
        var perBatch = Math.Max(1, scores.Pipeline.PicturesPerBatch(scores.Settings) - 1);
        foreach (var draw in Draws)
        {
            foreach (var chunk in sites.Chunk(perBatch))
            {
                (TraceSite Site, string Key)[] cells = [.. chunk.Select(s => (s, Key(s, draw, "restore")))];
                if (!scores.TryLoad([.. cells.Select(c => c.Key)])) Draw(cells, high, low.Rows([draw]), draw, PatchMode.Copy, cancellation);
                progress?.Invoke(chunk.Length);
            }
        }

        return [.. sites.Select(site => PictureScores.Measures([.. Draws.Select(draw => scores.TryGet(Key(site, draw, "restore"))!.Value)]))];
    }

    /// <summary>The values of one site under another source, in another way or in the other direction.</summary>
    /// <param name="what">Its name in the cache.</param>
    /// <param name="site">The site.</param>
    /// <param name="from">The run whose states are taken, one row, or one for each draw.</param>
    /// <param name="into">The run that takes them, one row, or one for each draw.</param>
    /// <param name="mode">What is written.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    public double[][] Measure(string what, TraceSite site, PromptStates from, PromptStates into, PatchMode mode, CancellationToken cancellation)
    {
        foreach (var draw in Draws)
        {
            var key = Key(site, draw, what, Row(from, draw), Row(into, draw));
            if (!scores.TryLoad([key])) Draw([(site, key)], Row(from, draw), Row(into, draw), draw, mode, cancellation);
        }

        return PictureScores.Measures([.. Draws.Select(draw => scores.TryGet(Key(site, draw, what, Row(from, draw), Row(into, draw)))!.Value)]);
    }

    /// <summary>Whether a run that is patched with its own states stays the same, bit for bit, at all sites at once.</summary>
    public bool IsIdentityExact(CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var (items, states) = (new[] { Item(0), Item(0) }, PromptStates.Concatenate([low.Rows([0]), low.Rows([0])]));
        var plain = Lockstep.Generate(scores.Pipeline, items, states, [], scores.Settings, cancellation);
        var patched = Lockstep.Generate(scores.Pipeline, items, states, [.. sites.Select(s => new LockstepPatch(1, 1, s))], scores.Settings, cancellation);
        return plain.Zip(patched).All(p => p.First.Latents.equal(p.Second.Latents).all().item<bool>());
    }

    private IEnumerable<int> Draws => Enumerable.Range(0, settings.Draws);

    private void Draw((TraceSite Site, string Key)[] cells, PromptStates from, PromptStates into, int draw, PatchMode mode, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var states = PromptStates.Concatenate([from, into.Rows(cells.Select(_ => 0L))]);
        var pictures = Lockstep.Generate(scores.Pipeline, [.. Enumerable.Repeat(Item(draw), cells.Length + 1)], states, [.. cells.Select((c, i) => new LockstepPatch(i + 1, 0, c.Site, mode))], scores.Settings, cancellation);
        scores.Keep([.. cells.Select(c => c.Key)], [.. pictures.Skip(1)]);
        pictures[0].Latents.Dispose();
    }

    private GenerationItem Item(int draw) => new(name, settings.Seed + draw);

    private static PromptStates Row(PromptStates states, int draw) => states.States.shape[0] == 1 ? states : states.Rows([draw]);

    private string Key(TraceSite site, int draw, string what) => Key(site, draw, what, highDigest, ScoreStore.Digest(low, draw));

    private string Key(TraceSite site, int draw, string what, PromptStates from, PromptStates into) => Key(site, draw, what, ScoreStore.Digest(from, 0), ScoreStore.Digest(into, 0));

    private string Key(TraceSite site, int draw, string what, string from, string into) =>
        string.Create(CultureInfo.InvariantCulture, $"{what} {site.Kind} {site.Path} {site.Count} from {from} into {into} seed {settings.Seed + draw}");
}
