using ModelGuard.Attestations;
using ModelGuard.Policies;
using ModelGuard.Verdicts;

namespace ModelGuard.Reports;

/// <summary>Whether a report's verdicts follow from its own numbers, by the same rules that made them.</summary>
public static class ReportConsistency
{
    /// <summary>Judges every gate again from its interval and limit, and the run from its gates.</summary>
    /// <exception cref="AttestationException">MG2021: a verdict or a count does not follow.</exception>
    public static void Check(ReportFile report)
    {
        if (report.Document.Audit is not { } audit) return;
        var failOn = ReportWords.Parse<Severity>(audit.FailOn);
        foreach (var gate in audit.Gates) Check(report.Name, gate, audit);
        var verdict = OverallVerdict.Of([.. audit.Gates.Select(g => (ReportWords.Parse<Verdict>(g.Verdict), ReportWords.Parse<Severity>(g.Severity)))], failOn);
        if (ReportJson.Word(verdict) != audit.Verdict) throw Refuse(report.Name, $"its verdict is '{audit.Verdict}', but its gates make '{ReportJson.Word(verdict)}'");
        foreach (var value in Enum.GetValues<Verdict>())
        {
            var (word, count) = (ReportJson.Word(value), audit.Gates.Count(g => g.Verdict == ReportJson.Word(value)));
            if (audit.Summary.GetValueOrDefault(word, -1) != count) throw Refuse(report.Name, FormattableString.Invariant($"its summary does not count {count} gate(s) with the verdict '{word}'"));
        }
    }

    private static void Check(string name, ReportGate gate, ReportAudit audit)
    {
        var interval = gate is { Low: { } low, High: { } high } ? new Interval(low, high) : null;
        var judged = interval is null ? Verdict.Inconclusive : GateJudge.Compare(ReportWords.Parse<LimitKind>(gate.Limit), gate.LimitValue, interval);
        var isWaived = judged == Verdict.Fail && audit.Waivers.Any(w => w.Gate == gate.Gate && w.Concept == gate.Concept);
        var said = ReportWords.Parse<Verdict>(gate.Verdict);
        if (said == judged || (said == Verdict.Waived && isWaived)) return;
        throw Refuse(name, $"the verdict of gate '{gate.Gate}' on '{gate.Concept}' is '{gate.Verdict}', but its numbers make '{ReportJson.Word(judged)}'{(said == Verdict.Waived && judged == Verdict.Fail ? " and no waiver covers it" : "")}");
    }

    private static AttestationException Refuse(string name, string what) => AttestationException.Refuse("MG2021", $"'{name}' contradicts itself: {what}. It was changed after the tool wrote it; take the original, or audit again.");
}
