using System.Collections.Immutable;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Verdicts;

namespace ModelGuard.Auditing;

/// <summary>
/// The metric <c>fidelity</c>: 1 where a picture still shows everything else that its prompt names, each recognised among its own neighbours by
/// zero-shot classification (Radford et al., 2021). Questions about each part of a prompt instead of one score for all of it are those of TIFA
/// (Hu et al., 2023). A picture of a prompt that names nothing else is no observation.
/// </summary>
internal static class Fidelity
{
    /// <summary>Name of the metric.</summary>
    public const string Metric = "fidelity";

    /// <summary>Measures a concept.</summary>
    /// <param name="subject">The concept.</param>
    /// <param name="items">What the pictures were made from.</param>
    /// <param name="edited">Cosines of the edited model's pictures, a row for each item and a column for each of the subject's columns.</param>
    /// <param name="baseline">Those of the base's pictures; none without a base.</param>
    public static Measurement Measure(AuditSubject subject, IReadOnlyList<GenerationItem> items, IReadOnlyList<ImmutableArray<double>> edited, IReadOnlyList<ImmutableArray<double>> baseline)
    {
        var columns = subject.Columns;
        var asked = subject.Prompts.Zip(subject.Companions).ToDictionary(p => p.First, p => p.Second.Select(c => c.Texts.Select(t => columns.IndexOf(t, StringComparer.Ordinal)).ToArray()).ToArray(), StringComparer.Ordinal);
        int[] counted = [.. Enumerable.Range(0, items.Count).Where(i => asked[items[i].Prompt].Length > 0)];
        return new Measurement(Metric, true, Values(edited), baseline.Count == 0 ? [] : Values(baseline));

        ImmutableArray<double> Values(IReadOnlyList<ImmutableArray<double>> rows) => [.. counted.Select(i => ShowsAll(rows[i], asked[items[i].Prompt]))];
    }

    private static double ShowsAll(ImmutableArray<double> row, int[][] companions)
    {
        var shown = companions.Select(texts => Metrics.IsLargest([.. texts.Select(t => row[t])])).ToArray();
        return shown.Any(double.IsNaN) ? double.NaN : shown.Min();
    }
}
