using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace ModelGuard.Cli.Tests;

/// <summary>Holds the diagram of <c>docs/architecture.md</c> against the project files.</summary>
public sealed partial class ArchitecturePageTests
{
    [Fact]
    public void The_diagram_shows_exactly_the_references_of_the_projects()
    {
        var page = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "architecture.md"));
        var drawn = Arrow().Matches(page).Select(m => m.Groups["reference"].Value).Order(StringComparer.Ordinal);

        var projects = new[] { "src", "samples" }.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, folder), "*.csproj", SearchOption.AllDirectories));

        Assert.Equal(projects.SelectMany(References).Order(StringComparer.Ordinal), drawn, StringComparer.Ordinal);
    }

    // A project that is only built first, and not compiled against, is no reference.
    private static IEnumerable<string> References(string project) => XDocument.Load(project).Descendants("ProjectReference")
        .Where(reference => (string?)reference.Attribute("ReferenceOutputAssembly") != "false")
        .Select(reference => $"{Path.GetFileNameWithoutExtension(project)} --> {Path.GetFileNameWithoutExtension((string?)reference.Attribute("Include"))}");

    [GeneratedRegex(@"^\s*(?<reference>[\w.]+ --> [\w.]+)$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Arrow();
}
