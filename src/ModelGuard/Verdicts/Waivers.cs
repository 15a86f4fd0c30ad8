using System.Collections.Immutable;
using ModelGuard.Diagnostics;
using ModelGuard.Policies;

namespace ModelGuard.Verdicts;

/// <summary>Applies waivers to failures. Days are UTC and inclusive; the day is handed in, never asked of the machine.</summary>
public static class Waivers
{
    private const int NearExpiryDays = 14;

    /// <summary>Failed outcomes with a valid waiver become waived; expired, nearly expired and unused waivers are reported.</summary>
    public static (ImmutableArray<GateOutcome> Outcomes, ImmutableArray<Diagnostic> Diagnostics) Apply(IReadOnlyList<GateOutcome> outcomes, IReadOnlyList<Waiver> waivers, DateOnly today)
    {
        var diagnostics = ImmutableArray.CreateBuilder<Diagnostic>();
        var result = outcomes.ToArray();
        foreach (var waiver in waivers)
        {
            var covered = Enumerable.Range(0, result.Length).Where(i => result[i].Verdict == Verdict.Fail && Covers(waiver, result[i])).ToArray();
            if (waiver.Expires < today)
            {
                Warn("MG1301", waiver, FormattableString.Invariant($"The waiver of '{waiver.Gate}' for '{waiver.Concept}' by {waiver.Owner} expired on {waiver.Expires:yyyy-MM-dd}; the gate counts again. Renew or remove it."));
                continue;
            }

            if (covered.Length == 0) Warn("MG1302", waiver, $"The waiver of '{waiver.Gate}' for '{waiver.Concept}' is not needed: that gate does not fail. Remove it.");
            else if (waiver.Expires.DayNumber - today.DayNumber <= NearExpiryDays) Warn("MG1303", waiver, FormattableString.Invariant($"The waiver of '{waiver.Gate}' for '{waiver.Concept}' expires on {waiver.Expires:yyyy-MM-dd}."));
            foreach (var i in covered) result[i] = result[i] with { Verdict = Verdict.Waived, Explanation = $"{result[i].Explanation} Waived by {waiver.Owner}: {waiver.Reason}" };
        }

        return ([.. result], diagnostics.ToImmutable());

        void Warn(string code, Waiver waiver, string message) => diagnostics.Add(new Diagnostic(code, DiagnosticSeverity.Warning, waiver.Location, message));
    }

    private static bool Covers(Waiver waiver, GateOutcome outcome) => waiver.Gate == outcome.Gate.Id && waiver.Concept == outcome.Concept;
}
