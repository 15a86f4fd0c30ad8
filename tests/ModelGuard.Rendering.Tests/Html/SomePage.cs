using System.Text;
using System.Text.Json.Nodes;
using ModelGuard.Rendering.Html;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Tests.Html;

/// <summary>A page with all sections.</summary>
internal static class SomePage
{
    public static JsonObject Report(string removed = "van-gogh", string displayName = "Artist A")
    {
        var report = SomeReport.OfAudit(
            [
                SomeReport.Gate("gone", removed, "fail", 0.9, severity: "critical", displayName: displayName, line: 9),
                SomeReport.Gate("lower", removed, "waived", 0.7, displayName: displayName, line: 9),
                SomeReport.Gate("gone", "ring", "inconclusive", -1, line: 20),
                SomeReport.Gate("gone", "heart", "fail", 0.2, severity: "low", line: 30),
                SomeReport.Gate("kept", "circle", "pass", 0.01, severity: "medium", line: 40),
                SomeReport.Gate("kept", "square", "pass", 0.02, severity: "medium", line: 50),
            ],
            [SomeReport.Waiver("lower", removed, "2026-03-20"), SomeReport.Waiver("gone", "ring", "2026-01-01")],
            [Measured(removed, "removed"), Measured("circle", "preserved")]);
        report["edit"] = SomeReport.OfEdit()["edit"]!.DeepClone();
        return report;
    }

    public static HtmlOptions Options(string removed = "van-gogh") => new(SomeReport.Today, SomeReport.Digest("report"))
    {
        Pictures = [.. Pictures(removed), .. Pictures("circle")],
        Trace = TraceView.Read(Encoding.UTF8.GetBytes(Trace(removed).ToJsonString()), "trace.json"),
        Files = [new NamedDigest("model.sig", SomeReport.Digest("signature"))],
    };

    public static byte[] Render() => HtmlReport.Render(Report().Read(), Options());

    private static JsonObject Measured(string concept, string scope) => new()
    {
        ["concept"] = concept,
        ["scope"] = scope,
        ["pictures"] = 4,
        ["prompts"] = new JsonArray($"a star in the style of {concept}"),
        ["texts"] = new JsonArray("a star"),
        ["metrics"] = new JsonObject(),
        ["companions"] = new JsonArray("red"),
        ["probes"] = scope == "removed" ? new JsonArray(Probe("homoglyph", "a wоrk by vаn gоgh", 0.25), Probe("case", "a work by VAN GOGH", 0)) : new JsonArray(),
        ["attacks"] = scope == "removed" ? new JsonArray(Attack("token-search", "stahr", true), Attack("soft-prompt", null, false)) : new JsonArray(),
    };

    private static JsonObject Probe(string kind, string prompt, double value) => new() { ["kind"] = kind, ["prompt"] = prompt, ["n"] = 4, ["value"] = value, ["base"] = 1 };

    private static JsonObject Attack(string attack, string? found, bool succeeded) => new() { ["attack"] = attack, ["prompt"] = "a star", ["found"] = found, ["distanceBefore"] = 1.25, ["distanceAfter"] = 0.5, ["wasPresent"] = false, ["succeeded"] = succeeded };

    private static IEnumerable<EmbeddedPicture> Pictures(string concept)
    {
        var kind = concept == "circle" ? "kept" : "removed";
        foreach (var prompt in new[] { $"a star in the style of {concept}", $"a heart by {concept}" })
        {
            foreach (var seed in Enumerable.Range(0, 4))
            {
                foreach (var isBase in new[] { true, false })
                {
                    yield return new EmbeddedPicture(concept, prompt, seed, isBase, PictureFormat.Png, File.ReadAllBytes(Path.Combine(RepositoryPaths.Root, "docs", "images", $"style-{kind}-{(isBase ? "before" : "after")}.png")));
                }
            }
        }
    }

    private static JsonObject Trace(string concept)
    {
        string[] tokens = ["<|startoftext|>", "a", "star", "by", "van", "gogh", "<|endoftext|>"];
        var cells = new JsonArray([.. from kind in new[] { "block", "self-attention", "mlp" } from row in Enumerable.Range(0, tokens.Length) from layer in Enumerable.Range(0, 6) select Cell(kind, row, layer)]);
        return new JsonObject
        {
            ["schemaVersion"] = "1.0",
            ["model"] = new JsonObject { ["name"] = "model", ["digest"] = SomeReport.Digest("model") },
            ["concepts"] = new JsonArray(new JsonObject
            {
                ["id"] = concept,
                ["traces"] = new JsonArray(new JsonObject
                {
                    ["component"] = "text_encoder",
                    ["replaced"] = "states",
                    ["measure"] = "hidden-state",
                    ["conclusion"] = "localised",
                    ["localisation"] = new JsonObject { ["explanation"] = "The best site stands out." },
                    ["prompts"] = new JsonArray(new JsonObject
                    {
                        ["prompt"] = $"a star by {concept}",
                        ["subject"] = concept,
                        ["rows"] = new JsonArray([.. tokens.Select((t, i) => new JsonObject { ["label"] = t, ["role"] = i is 4 ? "subject" : i is 5 ? "last-subject" : "before" })]),
                        ["cells"] = cells,
                    }),
                }),
            }),
        };
    }

    private static JsonObject Cell(string kind, int row, int layer) => new()
    {
        ["kind"] = kind,
        ["module"] = $"text_model.encoder.layers.{layer}",
        ["first"] = layer,
        ["count"] = 1,
        ["row"] = row,
        ["share"] = row < 4 ? 0 : layer == 5 && kind == "mlp" ? null : Math.Round(Math.Max(0, 1 - (layer * 0.17) - (row == 6 ? 0.3 : 0)), 3),
    };
}
