using System.Text;
using System.Text.Json.Nodes;
using ModelGuard.Rendering.CycloneDx;
using ModelGuard.Rendering.Html;
using ModelGuard.Rendering.Markdown;

namespace ModelGuard.Rendering.Tests;

/// <summary>Where root digests are over shards, whoever reads one is told, as it is not that of the files.</summary>
public sealed class ShardedReportTests
{
    private const string Size = "shards of 67108864 bytes";

    [Fact]
    public void Markdown_says_what_the_digests_are_over() => Assert.Equal((true, false), (Contains(Markdown, Sharded(), Size), Contains(Markdown, SomeReport.OfEdit(), Size)));

    [Fact]
    public void Html_says_what_the_digests_are_over() => Assert.Equal((true, false), (Contains(Html, Sharded(), Size), Contains(Html, SomeReport.OfEdit(), Size)));

    [Fact]
    public void A_bill_of_materials_says_what_the_hashes_are_over()
    {
        Assert.Equal((true, false), (Contains(CycloneDx, Sharded(), "digests of all shards"), Contains(CycloneDx, SomeReport.OfEdit(), "digests of all shards")));
        Assert.Equal((true, false), (Contains(CycloneDx, Sharded(), "\"67108864\""), Contains(CycloneDx, SomeReport.OfEdit(), "67108864")));
    }

    private static JsonObject Sharded()
    {
        var report = SomeReport.OfEdit();
        report["model"]!["serialization"] = new JsonObject { ["method"] = "shards", ["shardSize"] = 67108864 };
        return report;
    }

    private static bool Contains(Func<JsonObject, string> render, JsonObject report, string text) => render(report).Contains(text, StringComparison.Ordinal);

    private static string Markdown(JsonObject report) => MarkdownReport.Render(report.Read(), new MarkdownOptions(SomeReport.Today));

    private static string Html(JsonObject report) => Encoding.UTF8.GetString(HtmlReport.Render(report.Read(), new HtmlOptions(SomeReport.Today, SomeReport.Digest("report"))));

    private static string CycloneDx(JsonObject report) => Encoding.UTF8.GetString(CycloneDxReport.Render(report.Read(), new string('0', 64)));
}
