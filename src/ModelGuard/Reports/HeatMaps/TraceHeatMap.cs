using System.Collections.Immutable;
using System.Globalization;
using ModelGuard.Tracing;

namespace ModelGuard.Reports.HeatMaps;

/// <summary>Makes heat maps of traces.</summary>
public static class TraceHeatMap
{
    /// <summary>The map of a trace: of one prompt by token, of several by role, averaged.</summary>
    /// <param name="concept">What was traced.</param>
    /// <param name="trace">The trace.</param>
    public static HeatMap Of(string concept, ComponentTrace trace)
    {
        PromptTrace[] counted = [.. trace.Prompts.Where(p => p.ScreenedOut is null)];
        var subtitle = string.Create(CultureInfo.InvariantCulture, $"{trace.Measure}, share of clean − corrupted; {counted.Length} of {trace.Prompts.Length} prompt(s); {Conclusion(trace)}");
        if (counted.Length == 0) return new HeatMap($"{concept} in {trace.Component}", subtitle, []);
        var rows = Rows(counted);
        var sites = counted[0].Cells.Select(c => c.Site).Distinct().ToArray();
        return new HeatMap(
            $"{concept} in {trace.Component}",
            subtitle,
            [
                .. sites.GroupBy(s => s.Kind).Select(kind => new HeatPanel(
                    Title(kind.Key),
                    Hue(kind.Key),
                    [.. rows.Select(r => r.Row)],
                    [.. kind.Select(Column)],
                    [.. rows.Select(r => kind.Select(site => r.Share(site)).ToImmutableArray())])),
            ]);
    }

    /// <summary>The conclusion in a word.</summary>
    public static string Conclusion(ComponentTrace trace) => trace.Conclusion switch
    {
        TraceConclusion.Localised => "localised",
        TraceConclusion.NotLocalised => "not localised",
        _ => "inconclusive",
    };

    /// <summary>A role as people read it.</summary>
    public static string Label(TokenRole role) => role switch
    {
        TokenRole.Before => "before the subject",
        TokenRole.Subject => "subject, not its last token",
        TokenRole.LastSubject => "last subject token",
        TokenRole.After => "after the subject",
        TokenRole.End => "end token",
        TokenRole.Padding => "padding",
        _ => "all",
    };

    private static (HeatRow Row, Func<TraceSite, double> Share)[] Rows(PromptTrace[] prompts)
    {
        if (prompts.Length == 1)
        {
            var only = prompts[0];
            return [.. only.Rows.Select((r, i) => (new HeatRow(r.Label, IsSubject(r.Role)), (Func<TraceSite, double>)(site => only.Cells.FirstOrDefault(c => c.Site == site && c.Row == i) is { } cell ? only.Share(cell) : double.NaN)))];
        }

        TokenRole[] roles = [.. prompts.SelectMany(p => p.Rows.Select(r => r.Role)).Distinct().Order()];
        return [.. roles.Select(role => (new HeatRow(Label(role), IsSubject(role)), (Func<TraceSite, double>)(site => Average(prompts, site, role))))];
    }

    private static double Average(PromptTrace[] prompts, TraceSite site, TokenRole role)
    {
        double[] shares = [.. prompts.SelectMany(p => p.Cells.Where(c => c.Site == site && p.Rows[c.Row].Role == role).Select(p.Share))];
        return shares.Length == 0 ? double.NaN : shares.Average();
    }

    private static bool IsSubject(TokenRole role) => role is TokenRole.Subject or TokenRole.LastSubject;

    private static string Title(SiteKind kind) => kind switch
    {
        SiteKind.Block => "layer output",
        SiteKind.SelfAttention => "self-attention",
        SiteKind.Mlp => "MLP",
        SiteKind.Resnet => "resnet",
        SiteKind.CrossAttention => "cross-attention",
        SiteKind.FeedForward => "feed-forward",
        _ => "keys and values",
    };

    private static HeatHue Hue(SiteKind kind) => kind switch
    {
        SiteKind.Block => HeatHue.Purple,
        SiteKind.Mlp or SiteKind.FeedForward => HeatHue.Green,
        SiteKind.Resnet => HeatHue.Blue,
        _ => HeatHue.Red,
    };

    private static string Column(TraceSite site) => site.Count == 1
        ? site.First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{site.First}–{site.First + site.Count - 1}");
}
