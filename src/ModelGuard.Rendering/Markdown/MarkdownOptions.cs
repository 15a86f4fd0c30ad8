using System.Text;

namespace ModelGuard.Rendering.Markdown;

/// <summary>Where a Markdown report goes, and what is known there.</summary>
/// <param name="Today">The day in UTC, against which waivers are held.</param>
public sealed record MarkdownOptions(DateOnly Today)
{
    /// <summary>How long it may become.</summary>
    public MarkdownLimit Limit { get; init; } = MarkdownLimit.Comment;

    /// <summary>A first line that is not shown, for example <c>modelguard:report:main v1</c>, by which a comment is found again; null for none.</summary>
    /// <exception cref="ArgumentException">It would end the HTML comment that it stands in.</exception>
    public string? Marker
    {
        get;
        init => field = value is not null && (value.Contains("--", StringComparison.Ordinal) || value.AsSpan().IndexOfAny("<>\r\n") >= 0) ? throw new ArgumentException("A marker can hold neither '--', '<', '>' nor a line break.", nameof(value)) : value;
    }

    /// <summary>Where the whole report is, for the line that says what was left out: an address of the caller's own, never one of the report; null where it is nowhere.</summary>
    public Uri? WholeReport { get; init; }
}

/// <summary>The longest text that a place takes.</summary>
public sealed class MarkdownLimit
{
    private readonly Func<string, int> measure;
    private readonly int longest;

    private MarkdownLimit(int longest, Func<string, int> measure) => (this.longest, this.measure) = (longest, measure);

    /// <summary>A comment on GitHub: 60,000 UTF-16 units. GitHub takes 65,536 characters.</summary>
    public static MarkdownLimit Comment { get; } = new(60_000, text => text.Length);

    /// <summary>The summary of a job on GitHub: 900 KiB of UTF-8. GitHub takes 1 MiB a step, and drops without a word what is just below that.</summary>
    public static MarkdownLimit JobSummary { get; } = new(900 << 10, Encoding.UTF8.GetByteCount);

    /// <summary>A file.</summary>
    public static MarkdownLimit None { get; } = new(int.MaxValue, _ => 0);

    /// <summary>Whether a text fits.</summary>
    public bool Takes(string text) => measure(text) <= longest;
}
