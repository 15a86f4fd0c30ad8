using System.Globalization;
using ModelGuard.Policies;
using ModelGuard.Verdicts;
using Spectre.Console;

namespace ModelGuard.Cli.Terminal;

/// <summary>Gates as a table: what was measured, what was allowed, what came of it.</summary>
internal static class GateTable
{
    public static Table Create(IEnumerable<GateOutcome> outcomes)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("Verdict", "Gate", "Concept", "Metric");
        foreach (var name in new[] { "Base", "Edited", "Compared", "95 % interval", "Limit", "n" }) table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var o in outcomes)
        {
            table.AddRow(
                new Markup(Word(o.Verdict)),
                new Text(o.Gate.Id),
                new Text(o.Concept),
                new Text(o.Gate.Metric),
                Number(o.Baseline ?? double.NaN),
                Number(o.Value),
                Number(o.Statistic),
                new Text(o.Interval is { } i ? string.Create(CultureInfo.InvariantCulture, $"{i.Low:0.000} … {i.High:0.000}") : "–"),
                new Text(Limit(o.Gate)),
                new Text(o.Count.ToString(CultureInfo.InvariantCulture)));
        }

        return table;
    }

    private static Text Number(double value) => new(double.IsNaN(value) ? "–" : value.ToString("0.000", CultureInfo.InvariantCulture));

    private static string Limit(Gate gate) => gate.Limit switch
    {
        LimitKind.Max => FormattableString.Invariant($"≤ {gate.Value:0.###}"),
        LimitKind.Min => FormattableString.Invariant($"≥ {gate.Value:0.###}"),
        LimitKind.MaxRatio => FormattableString.Invariant($"≤ {gate.Value:0.###} × {Reference(gate)}"),
        LimitKind.MinRatio => FormattableString.Invariant($"≥ {gate.Value:0.###} × {Reference(gate)}"),
        LimitKind.MaxRelativeDrop => FormattableString.Invariant($"drop ≤ {gate.Value * 100:0.###} %"),
        _ => FormattableString.Invariant($"drop ≤ {gate.Value:0.###}"),
    };

    private static string Reference(Gate gate) => gate.Baseline is null ? "base" : "baseline";

    private static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Pass => "[green]pass[/]",
        Verdict.Waived => "[yellow]waived[/]",
        Verdict.Inconclusive => "[yellow]inconclusive[/]",
        _ => "[red]FAIL[/]",
    };
}
