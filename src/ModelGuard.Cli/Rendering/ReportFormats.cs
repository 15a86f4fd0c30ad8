using System.Text;
using ModelGuard.Rendering.CycloneDx;
using ModelGuard.Rendering.Html;
using ModelGuard.Rendering.JUnit;
using ModelGuard.Rendering.Markdown;
using ModelGuard.Rendering.Sarif;
using ModelGuard.Reports;

namespace ModelGuard.Cli.Rendering;

/// <summary>The formats of <c>report --format</c>, by name.</summary>
internal static class ReportFormats
{
    private static readonly Dictionary<string, Func<ReportInput, byte[]>> Formats = new(StringComparer.Ordinal)
    {
        // Byte for byte: a signature covers these bytes and no others.
        ["json"] = input => input.File.Bytes.ToArray(),
        ["markdown"] = input => Encoding.UTF8.GetBytes(MarkdownReport.Render(input.View, new MarkdownOptions(input.Today) { Limit = input.Limit })),
        ["html"] = Html,
        ["sarif"] = input => SarifReport.Render(input.View, input.PolicyPath),
        ["junit"] = input => JUnitReport.Render(input.View),
        // As they would be signed, a statement on each line; 'sign' signs them.
        ["intoto"] = input => [.. ReportStatements.Create(input.File).SelectMany(s => s.ToJson().Append((byte)'\n'))],
        ["cyclonedx"] = input => CycloneDxReport.Render(input.View, input.File.Sha256),
    };

    /// <summary>All names.</summary>
    public static IReadOnlyCollection<string> Names => Formats.Keys;

    /// <summary>A report in a format.</summary>
    public static byte[] Render(string format, ReportInput input) => Formats[format](input);

    private static byte[] Html(ReportInput input)
    {
        var options = new HtmlOptions(input.Today, "sha256:" + input.File.Sha256) { Trace = input.Trace, Files = input.FilesBeside() };
        if (input.Pictures is null) return HtmlReport.Render(input.View, options);
        var room = HtmlReport.LongestPage - HtmlReport.Render(input.View, options).Length;
        return HtmlReport.Render(input.View, options with { Pictures = PictureEmbedding.Fit(input.Pictures, input.View, room) });
    }
}
