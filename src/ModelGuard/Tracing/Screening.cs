using System.Collections.Immutable;
using ModelGuard.Verdicts;

namespace ModelGuard.Tracing;

/// <summary>Which prompts count: those whose pictures show the subject, and under noise do not.</summary>
internal static class Screening
{
    /// <summary>The recognition of both ends, and why the prompt is left out.</summary>
    /// <param name="texts">The scorer's texts; with one alone nothing can be recognised, and the scores must differ instead.</param>
    /// <param name="high">Clean values: cosine, recognition.</param>
    /// <param name="low">Corrupted values.</param>
    /// <param name="settings">The limits.</param>
    public static (double? Clean, double? Corrupted, string? Reason) Judge(ImmutableArray<string> texts, double[][] high, double[][] low, TraceSettings settings)
    {
        if (texts.Length == 1)
        {
            var gap = Statistics.Bootstrap(high[0], low[0], (h, l) => h - l);
            return (null, null, gap.Low > 0 ? null : FormattableString.Invariant($"Noise does not lower the score for certain (by {high[0].Average() - low[0].Average():0.000}, interval {gap.Low:0.000} to {gap.High:0.000})."));
        }

        var (clean, corrupted) = (high[1].Average(), low[1].Average());
        var reason = clean < settings.MinimumClean ? FormattableString.Invariant($"Only {clean:P0} of the clean pictures show the subject; {settings.MinimumClean:P0} must.")
            : corrupted >= settings.MaximumCorrupted ? FormattableString.Invariant($"{corrupted:P0} of the corrupted pictures still show the subject; it must be less than {settings.MaximumCorrupted:P0}.")
            : null;
        return (clean, corrupted, reason);
    }
}
