using ModelGuard.Cards;
using ModelGuard.GitHub.Actions;
using ModelGuard.Rendering.CycloneDx;
using ModelGuard.Rendering.Html;
using ModelGuard.Rendering.JUnit;
using ModelGuard.Rendering.Markdown;
using ModelGuard.Rendering.Reading;
using ModelGuard.Rendering.Sarif;
using ModelGuard.Reports;

namespace ModelGuard.Fuzzing.Targets;

/// <summary>Reports and what lies beside them.</summary>
internal static class ReportTargets
{
    private static readonly DateOnly Today = new(2026, 3, 10);

    private static readonly string[] Words =
    [
        "schemaVersion", "1.0", "tool", "modelguard", "policy", "model", "base", "output", "settingsDigest", "serialization", "method", "shards", "shardSize", "environment", "libtorch", "edit", "audit", "run", "gates", "gate", "concept", "displayName", "verdict", "pass", "fail", "waived", "inconclusive", "severity", "low", "high",
        "limit", "limitValue", "max", "min", "max-drop", "value", "location", "line", "column", "waivers", "expires", "summary", "pictures", "attacks", "startedAt", "durationMs", "tensors", "fingerprint", "concepts", "traces", "cells", "kind", "shard", "results", "origin",
        "<script>", "](javascript:x)", "@everyone", "]]>", "&amp;", "\\u001b[31m",
    ];

    private static readonly string[] CardWords = ["---\n", "base_model:", "base_model_relation:", "tags:", "- modelguard", "<!-- modelguard:edit -->", "<!-- /modelguard:edit -->", "license: mit", "|", "\r\n"];

    private static readonly string[] EventWords = ["pull_request", "number", "head", "sha", "repo", "full_name", "repository", "workflow_run", "head_repository", "owner", "login", "head_branch", "head_sha", "event", "pull_request_target", "0123456789abcdef0123456789abcdef01234567"];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        // Five renderings, and a page with its styles and scripts.
        new("report", Render) { Words = Words, Free = 8 << 20, Factor = 2000 },
        new("report-evidence", Judge) { Words = Words },
        new("trace", (input, _) => TraceView.Read(input.Span, "trace.json").Concepts.IsEmpty ? "empty" : "read") { Words = Words },
        new("shard", (input, _) => ShardReport.Read(input.Span, "shard.json").Results.IsEmpty ? "empty" : "read") { Words = Words },
        new("pictures", ReadPictures) { Words = Words },
        // The front matter is parsed again after each change of it.
        new("card", ReadCard) { Words = CardWords, Factor = 2000 },
        new("event", (input, _) => $"{WorkflowEvent.Read("pull_request", input).IsFromFork} {WorkflowEvent.Read("workflow_run", input).IsFromFork}") { Words = EventWords },
    ];

    private static string Render(ReadOnlyMemory<byte> input, string scratch)
    {
        var view = ReportReader.Read(input.Span, "report.json");
        var digest = new string('a', 64);
        _ = MarkdownReport.Render(view, new MarkdownOptions(Today));
        _ = HtmlReport.Render(view, new HtmlOptions(Today, "sha256:" + digest));
        _ = CycloneDxReport.Render(view, digest);
        if (view.Audit is null) return "edit";
        // The report of an edit alone has no gates to show there.
        _ = SarifReport.Render(view, "policy.yaml");
        _ = JUnitReport.Render(view);
        return $"audit {view.Audit.Verdict}";
    }

    private static string Judge(ReadOnlyMemory<byte> input, string scratch)
    {
        var file = ReportFile.Read("report.json", input);
        ReportConsistency.Check(file);
        _ = ReportStatements.Create(file);
        _ = CardFacts.Of(file, null);
        _ = ReportFingerprint.Require(file);
        return "read";
    }

    private static string ReadPictures(ReadOnlyMemory<byte> input, string scratch)
    {
        var named = new NamedDigest("x", PictureIndexView.DigestOf(input.Span));
        var audit = new AuditView(VerdictWord.Pass, SeverityWord.Medium, named.Digest, null!, [], [], [], new SummaryView(0, 0, 0, 0)) { Pictures = new PicturesView("pictures.json", named.Digest, 1) };
        var report = new ReportView("1.0", new ToolView("modelguard", "1"), named, new ModelsView(named, named), new EnvironmentView("2", "cpu", 1), Audit: audit);
        return PictureIndexView.Read(input.Span, report, "pictures.json").Pictures.IsEmpty ? "empty" : "read";
    }

    private static string ReadCard(ReadOnlyMemory<byte> input, string scratch)
    {
        var card = ModelCard.Read(input.ToArray());
        var facts = new CardFacts("owner/name", "sha256:" + new string('a', 64), new PolicyReference("policy.yaml", new string('b', 64)), "uce", ["unet/x.weight"]);
        var edited = ModelCard.Apply(card, facts);
        // What the page of the class promises.
        if (ModelCard.Apply(edited, facts) != edited) throw new InvalidOperationException("A card that is edited twice is another one.");
        return ModelCard.BaseModelOf(edited) ?? "none";
    }
}
