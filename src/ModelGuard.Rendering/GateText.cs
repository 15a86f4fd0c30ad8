using System.Globalization;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering;

/// <summary>Numbers and limits of gates as texts, alike in all formats.</summary>
internal static class GateText
{
    /// <summary>Three decimals, or a dash where there is no number.</summary>
    public static string Number(double? value) => value is { } number ? Number(number) : "–";

    /// <summary>The 95 % interval.</summary>
    public static string Interval(GateView gate) => gate is { Low: { } low, High: { } high } ? string.Create(CultureInfo.InvariantCulture, $"{Number(low)} … {Number(high)}") : "–";

    /// <summary>What is allowed.</summary>
    public static string Limit(GateView gate) => gate.Limit switch
    {
        LimitWord.Max => FormattableString.Invariant($"≤ {gate.LimitValue:0.###}"),
        LimitWord.Min => FormattableString.Invariant($"≥ {gate.LimitValue:0.###}"),
        LimitWord.MaxRatio => FormattableString.Invariant($"≤ {gate.LimitValue:0.###} × {Reference(gate)}"),
        LimitWord.MinRatio => FormattableString.Invariant($"≥ {gate.LimitValue:0.###} × {Reference(gate)}"),
        LimitWord.MaxRelativeDrop => FormattableString.Invariant($"drop ≤ {gate.LimitValue * 100:0.###} %"),
        _ => FormattableString.Invariant($"drop ≤ {gate.LimitValue:0.###}"),
    };

    private static string Reference(GateView gate) => gate.Baseline is null ? "base" : "baseline";

    /// <summary>How many gate results there are and what came of them, as the tool's last line says it.</summary>
    public static string Summary(AuditView audit)
    {
        var s = audit.Summary;
        var counts = new[] { (s.Fail, "failed"), (s.Inconclusive, "inconclusive"), (s.Waived, "waived"), (s.Pass, "passed") }.Where(c => c.Item1 > 0).Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Item1} {c.Item2}"));
        return audit.Gates.IsEmpty ? "No gate results." : string.Create(CultureInfo.InvariantCulture, $"{audit.Gates.Length} gate result{(audit.Gates.Length == 1 ? "" : "s")}: {string.Join(", ", counts)}.");
    }

    // A minus before nothing but zeros says nothing.
    private static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture) is var text && text == "-0.000" ? "0.000" : text;

    /// <summary>Whether a failure of the gate fails the run.</summary>
    public static bool Counts(AuditView audit, GateView gate) => gate.Severity >= audit.FailOn;

    /// <summary>What a gate found, in a sentence with the public name, as the tool's diagnostics say it.</summary>
    public static string Finding(AuditView audit, GateView gate)
    {
        var scope = audit.MeasuredOf(gate.Concept)?.Scope;
        var what = (gate.Verdict, scope) switch
        {
            (VerdictWord.Pass, _) => "passed",
            (VerdictWord.Inconclusive, _) => "could not be judged",
            _ when gate.Metric == "fidelity" => "took with it what else its prompts name",
            _ when gate.Metric is "image-change" or "pixel-change" => gate.Limit == LimitWord.Max ? "changed too much" : "changed too little",
            (_, ScopeWord.Removed) => "is still there",
            (_, ScopeWord.Updated) => "does not show its new look",
            (_, ScopeWord.Preserved) => "was hurt",
            _ => "failed",
        };
        return $"'{gate.DisplayName}' {what} (gate '{gate.Gate}'): {gate.Explanation}";
    }
}
