using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Rendering;
using ModelGuard.Rendering.Markdown;
using ModelGuard.Rendering.Reading;
using ModelGuard.Reports;

namespace ModelGuard.Cli.Rendering;

/// <summary>A report to render, with what was named beside it.</summary>
/// <param name="File">The report's file, as evidence sees it.</param>
/// <param name="View">The same, as renderers see it.</param>
/// <param name="Folder">Where it lies.</param>
/// <param name="Today">The day in UTC.</param>
internal sealed record ReportInput(ReportFile File, ReportView View, string Folder, DateOnly Today)
{
    /// <summary>How long Markdown may become.</summary>
    public MarkdownLimit Limit { get; init; } = MarkdownLimit.None;

    /// <summary>The policy's path in its repository; null for the name in the report.</summary>
    public string? PolicyPath { get; init; }

    /// <summary>The folder of the audit's pictures; null without them.</summary>
    public string? Pictures { get; init; }

    /// <summary>The trace to show; null without one.</summary>
    public TraceView? Trace { get; init; }

    /// <summary>Reads a report that anyone may have written: its form first, then whether its verdicts follow from its numbers.</summary>
    /// <exception cref="ReportException">MG1401, MG1402: no report.</exception>
    /// <exception cref="Attestations.AttestationException">MG2021: it contradicts itself.</exception>
    public static ReportInput Read(string path, DateOnly today)
    {
        var (bytes, name) = (ReadFile(path, ReportReader.LongestReport), Path.GetFileName(path));
        var view = ReportReader.Read(bytes, name);
        var file = ReportFile.Read(name, bytes);
        ReportConsistency.Check(file);
        return new ReportInput(file, view, Path.GetDirectoryName(Path.GetFullPath(path))!, today);
    }

    /// <summary>The bytes of a file that is not larger than what is read of its kind.</summary>
    /// <exception cref="ReportException">MG1402: it is larger.</exception>
    public static byte[] ReadFile(string path, long longest)
    {
        using var stream = System.IO.File.OpenRead(path);
        if (stream.Length > longest) throw new ReportException("MG1402", FormattableString.Invariant($"'{Path.GetFileName(path)}' is {stream.Length} bytes long; one of at most {longest} is read. Audit or trace fewer concepts at once."));
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>What lies beside the report and speaks about the model, with its digest.</summary>
    public ImmutableArray<NamedDigest> FilesBeside() =>
    [
        .. Directory.EnumerateFiles(Folder).Select(f => Path.GetFileName(f))
            .Where(n => ModelFiles.SpeaksAboutTheModel(n) && n != File.Name && !n.EndsWith(".html", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(n => new NamedDigest(n, Digest(Path.Combine(Folder, n)))),
    ];

    private static string Digest(string path)
    {
        using var stream = System.IO.File.OpenRead(path);
        return "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(stream));
    }
}
