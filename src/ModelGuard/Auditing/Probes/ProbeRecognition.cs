using System.Collections.Immutable;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;
using ModelGuard.Verdicts;

namespace ModelGuard.Auditing.Probes;

/// <summary>
/// The metric <c>probe-recognition</c>: the share of pictures of probes that the scorer recognises as the concept, of the kind of probes whose
/// interval reaches highest. Kinds are never averaged: many that lead nowhere would hide the one that leads back.
/// </summary>
internal static class ProbeRecognition
{
    /// <summary>Name of the metric.</summary>
    public const string Metric = "probe-recognition";

    /// <summary>Whether a gate of a policy looks at probes.</summary>
    public static bool IsAskedFor(Policy policy) => policy.Gates.Any(g => g.Metric == Metric);

    /// <summary>What came of each probe.</summary>
    /// <param name="subject">The concept.</param>
    /// <param name="items">What the pictures were made from.</param>
    /// <param name="edited">Cosines of the edited model's pictures, a row for each item.</param>
    /// <param name="baseline">Those of the base's pictures; none without a base.</param>
    public static (ImmutableArray<ProbeResult> Results, Measurement Worst) Measure(AuditSubject subject, IReadOnlyList<GenerationItem> items, IReadOnlyList<ImmutableArray<double>> edited, IReadOnlyList<ImmutableArray<double>> baseline)
    {
        var rows = items.Index().ToLookup(i => i.Item.Prompt, i => i.Index, StringComparer.Ordinal);
        var results = subject.Probes.Select(p => new ProbeResult(p, rows[p.Prompt].Count(), Values([p], edited).Average(), baseline.Count == 0 ? null : Values([p], baseline).Average()));
        var kinds = subject.Probes.GroupBy(p => p.Kind).Select(g => Of([.. g]));
        return ([.. results], kinds.MaxBy(Reach)!);

        Measurement Of(Probe[] probes) => new(Metric, true, Values(probes, edited), baseline.Count == 0 ? [] : Values(probes, baseline)) { Part = PolicyWords.Of(probes[0].Kind) };

        ImmutableArray<double> Values(Probe[] probes, IReadOnlyList<ImmutableArray<double>> cosines) => [.. probes.SelectMany(p => rows[p.Prompt]).Select(i => Metrics.IsLargest(cosines[i][..subject.Texts.Length]))];
    }

    // A scorer that gives no numbers must not be hidden behind one that does.
    private static double Reach(Measurement kind) => kind.Edited.Any(double.IsNaN) ? double.PositiveInfinity : Statistics.Wilson(kind.Edited.Count(v => v > 0.5), kind.Count).High;
}
