using System.Collections.Immutable;
using System.Globalization;
using ModelGuard.Rendering;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.GitHub.Actions;

/// <summary>Gate results as annotations at their concept's line in the policy.</summary>
public static class GateAnnotations
{
    private const int LongestMessage = 2_000;

    /// <summary>An annotation for every gate that did not pass, the most serious first.</summary>
    /// <param name="report">A report of anybody's.</param>
    /// <param name="places">Finds the policy in the repository.</param>
    public static ImmutableArray<Annotation> Create(ReportView report, PolicyPlaces places)
    {
        if (report.Audit is not { } audit) return [];
        return
        [
            .. audit.Gates.Where(g => g.Verdict != VerdictWord.Pass)
                .Select(g => (Gate: g, Level: Level(g, audit.FailOn)))
                .OrderByDescending(p => p.Level).ThenByDescending(p => p.Gate.Verdict).ThenByDescending(p => p.Gate.Severity)
                .Select(p => new Annotation(p.Level, places.Find(p.Gate.Location), $"ModelGuard: {UntrustedText.Inert(p.Gate.Gate, 100)}", Message(p.Gate))),
        ];
    }

    /// <summary>At most so many of each level; where there are more, the last of them says how many. GitHub drops what is too much without a word.</summary>
    public static ImmutableArray<Annotation> Cap(ImmutableArray<Annotation> annotations, int most) =>
    [
        .. annotations.GroupBy(a => a.Level).SelectMany(level =>
        {
            var (all, left) = (level.ToArray(), level.Count() - most + 1);
            return all.Length <= most ? all : [.. all.Take(most - 1), new Annotation(level.Key, null, "ModelGuard", string.Create(CultureInfo.InvariantCulture, $"And {left} more, in the report and the job's summary."))];
        }),
    ];

    // As the audit itself reports them: below 'failOn' nothing fails a run.
    private static AnnotationLevel Level(GateView gate, SeverityWord failOn)
    {
        if (gate.Verdict == VerdictWord.Waived) return AnnotationLevel.Notice;
        return gate.Severity >= failOn ? AnnotationLevel.Error : AnnotationLevel.Warning;
    }

    private static string Message(GateView gate)
    {
        var what = gate.Verdict switch
        {
            VerdictWord.Waived => "fails and is waived",
            VerdictWord.Inconclusive => "could not be judged",
            _ => "fails",
        };
        return UntrustedText.Inert($"'{gate.DisplayName}' {what} (gate '{gate.Gate}'): {gate.Explanation}", LongestMessage);
    }
}
