using System.Globalization;
using System.Runtime.InteropServices;
using Spectre.Console;

namespace ModelGuard.Benchmarks;

/// <summary>Medians, and tables that go into docs/benchmarks.md as they are.</summary>
internal static class Figures
{
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    public static string Seconds(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00} s");

    public static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0} MB");

    public static void Print(string title, params (string Name, string Value)[] rows)
    {
        // The table is read from files too.
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 160);
        AnsiConsole.WriteLine($"{title} ({RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores)");
        var table = new Table { Border = TableBorder.Markdown };
        table.AddColumns("measured", "median");
        foreach (var (name, value) in rows) table.AddRow(new Text(name), new Text(value));
        AnsiConsole.Write(table);
    }
}
