using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Html;

/// <summary>An interval and its limit on one line: the shaded part is forbidden, the bar is the interval, the dot what was compared.</summary>
internal static class IntervalSvg
{
    private const double Width = 120;
    private const double Margin = 4;

    public static Markup Of(GateView gate)
    {
        if (gate is not { Low: { } low, High: { } high, Statistic: { } statistic }) return Markup.None;
        var (from, to) = Scale(gate, low, high);
        var (limit, left, right) = (X(gate.LimitValue), X(low), X(high));
        var (start, end) = gate.Limit is LimitWord.Min or LimitWord.MinRatio ? (0, limit) : (limit, Width);
        return Markup.Of($"""<svg viewBox="0 0 120 14" width="120" height="14" aria-hidden="true"><rect class="no" x="{start:0.#}" y="0" width="{end - start:0.#}" height="14"/><line class="axis" x1="0" y1="7" x2="120" y2="7"/><rect class="bar" x="{left:0.#}" y="4.5" width="{Math.Max(right - left, 1):0.#}" height="5" rx="1.5"/><circle class="dot" cx="{X(statistic):0.#}" cy="7" r="2.6"/><line class="limit" x1="{limit:0.#}" y1="0" x2="{limit:0.#}" y2="14"/></svg>""");

        double X(double value) => Margin + ((Math.Clamp(value, from, to) - from) / (to - from) * (Width - (2 * Margin)));
    }

    // From 0 to 1, where most metrics lie; a drop is small, so its limit is the measure.
    private static (double From, double To) Scale(GateView gate, double low, double high)
    {
        var (from, to) = gate.Limit is LimitWord.MaxDrop or LimitWord.MaxRelativeDrop ? (-Math.Abs(gate.LimitValue), 2 * Math.Abs(gate.LimitValue)) : (0.0, 1.0);
        var (least, most) = (Math.Min(from, Math.Min(low, gate.LimitValue)), Math.Max(to, Math.Max(high, gate.LimitValue)));
        return most > least ? (least, most) : (least, least + 1);
    }
}
