using System.Text.RegularExpressions;

namespace ModelGuard.Cli.Tests.Pages;

/// <summary>Links of the pages that lead to other files of the repository, and to headings in them.</summary>
public sealed partial class PageLinkTests
{
    private static (string Page, string Target)[] Links { get; } = [.. CodeBlock.Pages.SelectMany(page => Link().Matches(Prose(page)).Select(m => (page, m.Groups["target"].Value)).Where(l => !l.Value.Contains("://", StringComparison.Ordinal) && !l.Value.StartsWith("mailto:", StringComparison.Ordinal)))];

    [Fact]
    public void Every_link_leads_to_a_file_that_is_there() => Assert.All(Links, l => Assert.True(Path.Exists(FileOf(l)), $"{l.Page}: there is no '{l.Target}'."));

    [Fact]
    public void Every_link_to_a_part_of_a_page_leads_to_a_heading()
    {
        var parts = Links.Where(l => l.Target.Contains('#', StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(parts);
        Assert.All(parts, l => Assert.True(Anchors(FileOf(l)).Contains(l.Target.Split('#')[1], StringComparer.Ordinal), $"{l.Page}: no heading for '{l.Target}'."));
    }

    [Fact]
    public void Every_page_is_reached_from_the_first()
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var next = new Stack<string>(["README.md"]);
        while (next.TryPop(out var page))
        {
            if (!reached.Add(page)) continue;
            foreach (var link in Links.Where(l => l.Page == page)) next.Push(Path.GetRelativePath(RepositoryPaths.Root, FileOf(link)).Replace('\\', '/'));
        }

        Assert.Equal(CodeBlock.Pages, CodeBlock.Pages.Where(reached.Contains), StringComparer.Ordinal);
    }

    private static string FileOf((string Page, string Target) link)
    {
        var page = Path.Combine(RepositoryPaths.Root, link.Page);
        var file = link.Target.Split('#')[0];
        return file.Length == 0 ? page : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, file));
    }

    // As GitHub makes them: lower case, blanks become dashes, and of all else only letters, digits, dashes and underscores stay.
    private static string[] Anchors(string file) => [.. Heading().Matches(File.ReadAllText(file).ReplaceLineEndings("\n")).Select(m => NoAnchor().Replace(m.Groups["text"].Value.ToLowerInvariant(), "").Replace(' ', '-'))];

    // What stands in code is no link.
    private static string Prose(string page) => Code().Replace(File.ReadAllText(Path.Combine(RepositoryPaths.Root, page)).ReplaceLineEndings("\n"), "");

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Link();

    [GeneratedRegex("^#{1,6} (?<text>.+)$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex NoAnchor();

    [GeneratedRegex("^ *```.*?^ *```$|`[^`\n]*`", RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Code();
}
