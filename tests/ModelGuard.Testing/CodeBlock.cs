using System.Globalization;
using System.Text.RegularExpressions;

namespace ModelGuard.Testing;

/// <summary>A fenced block of a page.</summary>
/// <param name="Page">The page, from the repository's root, with slashes.</param>
/// <param name="Line">The line of its fence.</param>
/// <param name="Info">What stands behind the fence: a language, and more where a test needs it.</param>
/// <param name="Text">What it holds.</param>
public sealed partial record CodeBlock(string Page, int Line, string Info, string Text)
{
    /// <summary>Pages that people read, from the root.</summary>
    public static IReadOnlyList<string> Pages { get; } =
    [
        .. Directory.EnumerateFiles(RepositoryPaths.Root, "*.md").Concat(Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "docs"), "*.md", SearchOption.AllDirectories)).Concat(Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "policies"), "*.md", SearchOption.AllDirectories))
            .Append(Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "MODEL_CARD.md"))
            .Select(f => Path.GetRelativePath(RepositoryPaths.Root, f).Replace('\\', '/')).Order(StringComparer.Ordinal),
    ];

    /// <summary>All blocks of all pages.</summary>
    public static IReadOnlyList<CodeBlock> All { get; } = [.. Pages.SelectMany(Of)];

    /// <summary>The language.</summary>
    public string Language => Info.Split(' ')[0];

    /// <summary>Whether it is a part of a workflow: a job's keys, without its name.</summary>
    public bool IsJob => Language == "yaml" && Text.Contains("steps:", StringComparison.Ordinal) && !Text.Contains("generation:", StringComparison.Ordinal);

    /// <summary>The lines of a script, without comments; a line that ends with a backslash goes on.</summary>
    public IEnumerable<string> Commands => Text.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(l => l[0] != '#');

    /// <summary>Where it stands, for messages.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Page}({Line}): {Info}");

    private static IEnumerable<CodeBlock> Of(string page)
    {
        var text = File.ReadAllText(Path.Combine(RepositoryPaths.Root, page)).ReplaceLineEndings("\n");
        return Fenced().Matches(text).Select(m => new CodeBlock(page, text.AsSpan(0, m.Index).Count('\n') + 1, m.Groups["info"].Value.Trim(), Unindent(m.Groups["text"].Value, m.Groups["indent"].Length)));
    }

    private static string Unindent(string text, int indent) => string.Join('\n', text.Split('\n').Select(l => l[Math.Min(indent, l.Length)..]));

    [GeneratedRegex("^(?<indent> *)```(?<info>[^\n`]*)\n(?<text>.*?)^ *```$", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Fenced();
}
