using System.Collections.Immutable;
using System.Text;

namespace ModelGuard.Benchmarks.Bench;

/// <summary>What one command of a run gave.</summary>
/// <param name="Arguments">Its command line.</param>
/// <param name="Tables">The tables that it printed, as Markdown.</param>
/// <param name="Failure">Why there is none, or not all of them; null where it ended well.</param>
internal sealed record BenchResult(ImmutableArray<string> Arguments, string Tables, string? Failure)
{
    /// <summary>Titles and tables among all that a command says; BenchmarkDotNet says much more.</summary>
    public static string TablesOf(IEnumerable<string> lines)
    {
        var text = new StringBuilder();
        var last = "";
        foreach (var line in lines.Where(l => l.Length > 0))
        {
            var isTitle = line.StartsWith(Figures.TitleMark, StringComparison.Ordinal);
            if (isTitle || line.StartsWith('|'))
            {
                // Titles and tables begin behind an empty line.
                if (text.Length > 0 && (isTitle || !last.StartsWith('|'))) text.Append('\n');
                text.Append(line.TrimEnd()).Append('\n');
            }

            last = line;
        }

        return text.ToString();
    }
}
