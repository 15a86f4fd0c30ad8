using System.Collections.Immutable;
using static TorchSharp.torch;

namespace ModelGuard.Tracing;

/// <summary>How far a trace is.</summary>
/// <param name="Subject">What is being traced.</param>
/// <param name="Done">Finished runs.</param>
/// <param name="Total">All runs.</param>
public sealed record TraceProgress(string Subject, int Done, int Total);

/// <summary>
/// Causal tracing of a text encoder (Meng et al., 2022, section 2; for text-to-image models Basu et al., 2024, section 3): runs with noise on
/// the subject, in which one state of the clean run is put back. Rows before the subject are not computed: attention is causal, so their
/// states are the same in both runs.
/// </summary>
internal sealed class TextEncoderTracer(EncoderRuns runs, IRunMeasure measure, TraceSettings settings)
{
    // Tokens that go through a layer together.
    private const int TokensPerBatch = 16384;

    /// <summary>All sites of the grid, in the order of layers.</summary>
    public ImmutableArray<TraceSite> Sites { get; } =
    [
        .. from first in Enumerable.Range(0, runs.Layers - Math.Min(settings.Window, runs.Layers) + 1)
           from kind in settings.Kinds
           select TraceSite.OfText(kind, first, Math.Min(settings.Window, runs.Layers)),
    ];

    /// <summary>How many rows <see cref="Trace"/> computes besides the clean and the corrupted ones.</summary>
    public int RunCount => Sites.Length * LiveRows.Count() * settings.Draws;

    private IEnumerable<int> Draws => Enumerable.Range(0, settings.Draws);

    private IEnumerable<int> LiveRows => Enumerable.Range(0, runs.Prompt.Rows.Length).Where(r => settings.IsWhole ? runs.Prompt.Rows[r].Role == TokenRole.All : runs.Prompt.Rows[r].Role != TokenRole.Before);

    /// <summary>The whole grid: one trace for each name of the measure.</summary>
    /// <param name="progress">Told the number of rows that were computed since the last call.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    public ImmutableArray<PromptTrace> Trace(Action<int>? progress = null, CancellationToken cancellation = default)
    {
        var (high, low) = Ends();
        var restored = new Dictionary<(TraceSite, int), double[][]>();
        foreach (var layer in Sites.GroupBy(s => s.First))
        {
            var cells = (from site in layer from row in LiveRows select (Site: site, Row: row)).ToArray();
            var rows = (from cell in cells from draw in Draws select new PatchedRow(draw, draw, [cell.Site], runs.Prompt.Rows[cell.Row].Positions)).ToArray();
            var values = Run(runs.Corrupted, rows, new OneRun(runs.Clean), isCleanElsewhere: false, progress, cancellation);
            for (var i = 0; i < cells.Length; i++) restored[cells[i]] = [.. values.Select(v => v[(i * settings.Draws)..((i + 1) * settings.Draws)])];
        }

        return [.. Untraced(high, low).Select((t, m) => t with
        {
            Cells =
            [
                .. from site in Sites
                   from row in Enumerable.Range(0, runs.Prompt.Rows.Length)
                   where !settings.IsWhole || runs.Prompt.Rows[row].Role == TokenRole.All
                   select new TraceCell(site, row, restored.TryGetValue((site, row), out var values) ? [.. values[m]] : [.. low[m]]),
            ],
        })];
    }

    /// <summary>The clean and the corrupted runs; one array for each name, one value for each draw.</summary>
    public (double[][] High, double[][] Low) Ends()
    {
        using var scope = NewDisposeScope();
        int[] draws = [.. Draws];
        return (measure.Measure(runs.Clean.Output.Rows(draws.Select(_ => 0L)), draws, isCleanElsewhere: true), measure.Measure(runs.Corrupted.Output, draws, isCleanElsewhere: false));
    }

    /// <summary>Traces without cells: one for each name of the measure.</summary>
    public ImmutableArray<PromptTrace> Untraced(double[][] high, double[][] low) => [.. measure.Names.Select((_, m) => new PromptTrace
    {
        Prompt = runs.Prompt.Prompt,
        Subject = runs.Prompt.Subject,
        Rows = runs.Prompt.Rows,
        High = [.. high[m]],
        Low = [.. low[m]],
        Noise = runs.Noise,
        Cells = [],
    })];

    /// <summary>Measures one site under another source or in the other direction.</summary>
    /// <param name="into">The runs to patch.</param>
    /// <param name="site">The site; null patches nothing.</param>
    /// <param name="positions">The positions.</param>
    /// <param name="source">What is written.</param>
    /// <param name="isCleanElsewhere">As for <see cref="IRunMeasure.Measure"/>.</param>
    /// <returns>One array for each name, one value for each draw.</returns>
    public double[][] Measure(TextStates into, TraceSite? site, ImmutableArray<int> positions, IStateSource source, bool isCleanElsewhere)
    {
        var single = into.Ids.shape[0] == 1;
        PatchedRow[] rows = [.. Draws.Select(draw => new PatchedRow(single ? 0 : draw, draw, site is null ? [] : [site], positions))];
        return Run(into, rows, source, isCleanElsewhere, null, default);
    }

    private double[][] Run(TextStates into, PatchedRow[] rows, IStateSource source, bool isCleanElsewhere, Action<int>? progress, CancellationToken cancellation)
    {
        var results = measure.Names.Select(_ => new List<double>(rows.Length)).ToArray();
        var first = rows.SelectMany(r => r.Sites).Select(s => s.First).DefaultIfEmpty(0).Min();
        var batch = Math.Max(1, TokensPerBatch / runs.Prompt.Ids.Length);
        for (var start = 0; start < rows.Length; start += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            PatchedRow[] chunk = [.. rows.Skip(start).Take(batch)];
            var output = TextPatcher.Run(runs.Model, into, chunk, source, first);
            var draws = Enumerable.Range(start, chunk.Length).Select(i => i % settings.Draws).ToArray();
            var values = measure.Measure(output, draws, isCleanElsewhere);
            for (var m = 0; m < results.Length; m++) results[m].AddRange(values[m]);
            progress?.Invoke(chunk.Length);
        }

        return [.. results.Select(r => r.ToArray())];
    }
}
