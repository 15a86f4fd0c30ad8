using System.Text.RegularExpressions;

namespace ModelGuard.Cli.Tests;

/// <summary>Holds <c>docs/diagnostics.md</c> against the codes in the source.</summary>
public sealed partial class DiagnosticsPageTests
{
    [Fact]
    public void The_page_lists_exactly_the_codes_of_the_source_each_once_and_in_order()
    {
        var inSource = Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => CodeLiteral().Matches(File.ReadAllText(file)).Select(m => m.Groups["code"].Value))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);

        Assert.Equal(inSource, Rows().Select(r => r.Code), StringComparer.Ordinal);
    }

    [Fact]
    public void Every_code_has_a_cause_and_a_way_out() => Assert.All(Rows(), row =>
    {
        Assert.EndsWith(".", row.Cause, StringComparison.Ordinal);
        Assert.EndsWith(".", row.WayOut, StringComparison.Ordinal);
    });

    private static (string Code, string Cause, string WayOut)[] Rows() =>
    [
        .. Row().Matches(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "diagnostics.md")))
            .Select(m => (m.Groups["code"].Value, m.Groups["cause"].Value, m.Groups["wayOut"].Value)),
    ];

    [GeneratedRegex(@"""(?<code>MG\d{4})""", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CodeLiteral();

    [GeneratedRegex(@"^\| (?<code>MG\d{4}) \| (?<cause>[^|\n]*) \| (?<wayOut>[^|\n]*) \|$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Row();
}
