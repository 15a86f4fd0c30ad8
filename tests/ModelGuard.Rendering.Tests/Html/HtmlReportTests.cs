using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using ModelGuard.Rendering.Html;
using ModelGuard.Rendering.Reading;
using ModelGuard.Rendering.Tests.Markdown;

namespace ModelGuard.Rendering.Tests.Html;

public sealed partial class HtmlReportTests
{
    private static readonly HtmlOptions Plain = new(SomeReport.Today, SomeReport.Digest("report"));

    [Fact]
    public void An_edit_without_an_audit() => Snapshot.Verify(Content(HtmlReport.Render(SomeReport.OfEdit().Read(), Plain)));

    [Fact]
    public void Hostile_names() => Snapshot.Verify(Content(HtmlReport.Render(MarkdownReportTests.Hostile().Read(), Plain)));

    [Fact]
    public void The_content_security_policy_allows_this_style_and_this_script_and_nothing_from_anywhere()
    {
        var page = Encoding.UTF8.GetString(SomePage.Render());
        var policy = Policy().Match(page).Groups["policy"].Value.Replace("&#39;", "'", StringComparison.Ordinal);

        foreach (var tag in new[] { "style", "script" })
        {
            var text = Regex.Match(page, $"<{tag}>(.*?)</{tag}>", RegexOptions.Singleline, TimeSpan.FromSeconds(10)).Groups[1].Value;
            Assert.Contains($"{tag}-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'", policy, StringComparison.Ordinal);
        }

        Assert.StartsWith("default-src 'none'; img-src data:;", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("://", Base64().Replace(page, ""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("</script><script>alert(1)</script>")]
    [InlineData("<!--<script>")]
    public void Data_of_pictures_cannot_end_their_element(string name)
    {
        var page = Encoding.UTF8.GetString(HtmlReport.Render(SomePage.Report(name).Read(), SomePage.Options(name)));

        Assert.Equal(4, Regex.Count(page, "<script", RegexOptions.None, TimeSpan.FromSeconds(10)));
        Assert.DoesNotContain("<!--", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_report_is_the_same_page() => Assert.Equal(SomePage.Render(), SomePage.Render());

    [Fact]
    public void Two_hundred_concepts_with_forty_pictures_each_add_little_to_the_pictures_themselves()
    {
        var picture = RandomNumberGenerator.GetBytes(900);
        var report = SomeReport.OfAudit([.. Enumerable.Range(0, 200).SelectMany(c => new[] { "gone", "lower", "kept" }.Select(g => SomeReport.Gate(g, $"concept-{c}", "pass", 0)))]).Read();
        EmbeddedPicture[] pictures = [.. from c in Enumerable.Range(0, 200) from p in Enumerable.Range(0, 4) from seed in Enumerable.Range(0, 10) from isBase in new[] { true, false } select new EmbeddedPicture($"concept-{c}", $"a prompt about concept {c}, number {p}", seed, isBase, PictureFormat.Webp, picture)];

        var page = HtmlReport.Render(report, Plain with { Pictures = [.. pictures] });

        Assert.InRange(page.Length, pictures.Length * 1200, HtmlReport.LongestPage);
        Assert.True(page.Length - (pictures.Length * 1200) < 2_000_000, $"{page.Length - (pictures.Length * 1200)} bytes besides the pictures");
    }

    [Fact]
    public void Concepts_without_a_known_scope_are_veiled() => Assert.Contains("data-veiled", Encoding.UTF8.GetString(HtmlReport.Render(SomePage.Report().Read(), Plain with { Pictures = [new EmbeddedPicture("unknown", "a prompt", 0, IsBase: true, PictureFormat.Png, new byte[] { 1 })] })), StringComparison.Ordinal);

    [Fact]
    public void A_trace_that_is_none_is_refused() => Assert.Equal("MG1404", Assert.Throws<ReportException>(() => TraceView.Read("{}"u8, "trace.json")).Code);

    // Style and script have files of their own to be read in.
    private static string Content(byte[] page) => Resource().Replace(Encoding.UTF8.GetString(page), "<${tag}>…</${tag}>");

    [GeneratedRegex("Content-Security-Policy\" content=\"(?<policy>[^\"]*)\"", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Policy();

    [GeneratedRegex("\"[A-Za-z0-9+/=]{80,}\"", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 10000)]
    private static partial Regex Base64();

    [GeneratedRegex("<(?<tag>style|script)>.*?</\\k<tag>>|(?<='sha256-|&#39;sha256-)[^'&]+", RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Resource();
}
