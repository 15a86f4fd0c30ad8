using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace ModelGuard.Benchmarks.Bench;

/// <summary>The file of a run: the machine, and all tables.</summary>
internal static class BenchReport
{
    /// <summary>The file's text, as Markdown.</summary>
    /// <param name="machine">The machine, as <see cref="Machine.Describe"/> gives it.</param>
    /// <param name="isQuick">Whether the figures say nothing.</param>
    /// <param name="results">What was run until now.</param>
    /// <param name="left">How many commands are left to be run.</param>
    public static string Write(ImmutableArray<(string Name, string Value)> machine, bool isQuick, ImmutableArray<BenchResult> results, int left)
    {
        var text = new StringBuilder("# Benchmarks of one machine\n\n");
        if (isQuick) text.Append("A quick run: every benchmark once, on small models. It shows that they run; the figures say nothing.\n\n");
        if (left > 0) text.Append(CultureInfo.InvariantCulture, $"Not complete: {left} more benchmark(s) were to be run.\n\n");
        text.Append("| machine | |\n|---|---|\n");
        foreach (var (name, value) in machine) text.Append(CultureInfo.InvariantCulture, $"| {Figures.Cell(name)} | {Figures.Cell(value)} |\n");
        foreach (var result in results)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {result.Arguments[0]}\n\n`{string.Join(' ', result.Arguments)}`\n\n");
            text.Append(result.Tables);
            if (result.Failure is { } failure) text.Append(CultureInfo.InvariantCulture, $"{(result.Tables.Length > 0 ? "\n" : "")}**Failed:** {failure}\n");
        }

        return text.ToString();
    }
}
