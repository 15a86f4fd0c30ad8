using System.Collections.Immutable;
using ModelGuard.Verdicts;

namespace ModelGuard.Tracing;

/// <summary>How much of clean − corrupted a site brings back, over all prompts and draws.</summary>
/// <param name="Site">The site.</param>
/// <param name="Role">At which positions.</param>
/// <param name="Share">mean(restored − corrupted) / mean(clean − corrupted).</param>
/// <param name="Interval">Its 95 % bootstrap interval.</param>
public sealed record SiteEffect(TraceSite Site, TokenRole Role, double Share, Interval Interval);

/// <summary>Where knowledge is, or that it is nowhere in particular.</summary>
/// <param name="Best">The site with the largest share; null when no prompt counted.</param>
/// <param name="Next">The best site of another layer.</param>
/// <param name="Lead">How far the best is ahead of it, as a share.</param>
/// <param name="LeadInterval">Its 95 % bootstrap interval, paired by prompt and draw.</param>
/// <param name="IsLocalised">Whether the best site stands out.</param>
/// <param name="Explanation">Why, in a sentence.</param>
public sealed record Localisation(SiteEffect? Best, SiteEffect? Next, double Lead, Interval? LeadInterval, bool IsLocalised, string Explanation)
{
    /// <summary>Judges traces of the same component and measure. Only single rows compete: all positions together would win by definition.</summary>
    /// <param name="traces">The traces; those that were screened out do not count.</param>
    /// <param name="settings">The least share.</param>
    /// <param name="kinds">The kinds of sites that compete; a whole block contains the others and would win by definition.</param>
    public static Localisation Of(IEnumerable<PromptTrace> traces, TraceSettings settings, params IReadOnlyCollection<SiteKind> kinds)
    {
        PromptTrace[] counted = [.. traces.Where(t => t.ScreenedOut is null)];
        if (counted.Length == 0) return new Localisation(null, null, double.NaN, null, false, "No prompt counted.");
        double[] high = [.. counted.SelectMany(t => t.High)], low = [.. counted.SelectMany(t => t.Low)];
        var isWhole = counted.All(t => t.Cells.All(c => t.Rows[c.Row].Role == TokenRole.All));
        var candidates = counted
            .SelectMany(t => t.Cells.Where(c => kinds.Contains(c.Site.Kind)).Select(c => (c.Site, t.Rows[c.Row].Role)))
            .Distinct().Where(c => c.Role != TokenRole.Before && (c.Role != TokenRole.All || isWhole))
            .Select(c => (c.Site, c.Role, Restored: Restored(counted, c.Site, c.Role)))
            .OfType<(TraceSite Site, TokenRole Role, double[] Restored)>()
            .Where(c => c.Restored.Length == low.Length)
            .OrderByDescending(c => c.Restored.Average()).ToArray();
        if (candidates.Length == 0) return new Localisation(null, null, double.NaN, null, false, "No site has a value in every prompt.");
        var best = candidates[0];
        var next = candidates.FirstOrDefault(c => !c.Site.Shares(best.Site));
        var bestEffect = Effect(best);
        if (next.Site is null) return new Localisation(bestEffect, null, double.NaN, null, false, "There is no other layer to compare with.");
        double LeadOf(double[] m) => (m[0] - m[1]) / (m[2] - m[3]);
        var lead = LeadOf([best.Restored.Average(), next.Restored.Average(), high.Average(), low.Average()]);
        var interval = Statistics.Bootstrap([best.Restored, next.Restored, high, low], LeadOf);
        var (localised, why) = bestEffect.Interval.Low < settings.MinimumShare
            ? (false, FormattableString.Invariant($"No single site brings back {settings.MinimumShare:P0} for certain."))
            : interval.Low <= 0 ? (false, "The best site is not ahead of the best one of another layer.")
            : (true, "The best site stands out.");
        return new Localisation(bestEffect, Effect(next), lead, interval, localised, why);

        SiteEffect Effect((TraceSite Site, TokenRole Role, double[] Restored) c)
        {
            double Share(double[] m) => (m[0] - m[2]) / (m[1] - m[2]);
            return new SiteEffect(c.Site, c.Role, Share([c.Restored.Average(), high.Average(), low.Average()]), Statistics.Bootstrap([c.Restored, high, low], Share));
        }
    }

    /// <summary>Values of a site, averaged over the rows of a role, for every prompt and draw; empty where a prompt has no such row.</summary>
    internal static double[] Restored(IEnumerable<PromptTrace> traces, TraceSite site, TokenRole role)
    {
        var all = new List<double>();
        foreach (var trace in traces)
        {
            TraceCell[] cells = [.. trace.Cells.Where(c => c.Site == site && trace.Rows[c.Row].Role == role)];
            if (cells.Length == 0) return [];
            all.AddRange(Enumerable.Range(0, trace.Low.Length).Select(draw => cells.Average(c => c.Restored[draw])));
        }

        return [.. all];
    }
}
