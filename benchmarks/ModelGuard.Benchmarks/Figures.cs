using System.Globalization;
using System.Runtime.InteropServices;

namespace ModelGuard.Benchmarks;

/// <summary>Medians, and tables that go into docs/benchmarks.md as they are.</summary>
internal static class Figures
{
    /// <summary>What the line above a table begins with.</summary>
    public const string TitleMark = "### ";

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    public static string Seconds(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00} s");

    public static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0} MB");

    /// <summary>A quotient, as tables show it.</summary>
    public static string Ratio(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00}");

    /// <summary>Text that cannot end a cell of a table.</summary>
    public static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ");

    public static void Print(string title, params (string Name, string Value)[] rows)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{TitleMark}{title} ({RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores)"));
        Console.WriteLine();
        Console.WriteLine("| measured | median |");
        Console.WriteLine("|---|---|");
        foreach (var (name, value) in rows) Console.WriteLine($"| {Cell(name)} | {Cell(value)} |");
    }
}
