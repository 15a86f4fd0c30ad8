using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Tests;

/// <summary>Reports for tests, as the tool writes them.</summary>
internal static class SomeReport
{
    public static readonly DateOnly Today = new(2026, 3, 10);

    public static string Digest(string of) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(of)));

    /// <summary>A report of an audit with these gates; its verdict and summary follow from them.</summary>
    public static JsonObject OfAudit(IReadOnlyList<JsonObject> gates, IReadOnlyList<JsonObject>? waivers = null, IReadOnlyList<JsonObject>? measured = null)
    {
        int Count(string verdict) => gates.Count(g => g["verdict"]!.GetValue<string>() == verdict);
        var report = WithoutAudit();
        report["audit"] = new JsonObject
        {
            ["verdict"] = Count("fail") > 0 ? "fail" : Count("inconclusive") > 0 || gates.Count == 0 ? "inconclusive" : Count("waived") > 0 ? "waived" : "pass",
            ["failOn"] = "medium",
            ["scorerDigest"] = Digest("scorer"),
            ["generation"] = new JsonObject { ["scheduler"] = "ddim", ["steps"] = 12, ["guidanceScale"] = 7.5, ["seeds"] = new JsonArray(0, 1, 2, 3) },
            ["measured"] = new JsonArray([.. measured ?? []]),
            ["gates"] = new JsonArray([.. gates]),
            ["waivers"] = new JsonArray([.. waivers ?? []]),
            ["summary"] = new JsonObject { ["pass"] = Count("pass"), ["fail"] = Count("fail"), ["waived"] = Count("waived"), ["inconclusive"] = Count("inconclusive") },
        };
        report["run"] = new JsonObject { ["startedAt"] = "2026-03-10T09:30:00.000Z", ["durationMs"] = 61000, ["machine"] = "Linux, X64" };
        return report;
    }

    public static JsonObject WithoutAudit() => new()
    {
        ["schemaVersion"] = "1.0",
        ["tool"] = new JsonObject { ["name"] = "modelguard", ["version"] = "0.1.0" },
        ["policy"] = new JsonObject { ["name"] = "shapes.yaml", ["digest"] = Digest("policy") },
        ["model"] = new JsonObject { ["base"] = Named("model"), ["output"] = Named("shapes-governed") },
        ["environment"] = new JsonObject { ["libtorch"] = "2.10.0.0", ["device"] = "cpu", ["threads"] = 2, ["convolutions"] = "native", ["dtype"] = "float32" },
    };

    public static JsonObject OfEdit()
    {
        var report = WithoutAudit();
        report["edit"] = new JsonObject
        {
            ["method"] = "diff-quick-fix",
            ["lambda"] = 0.01,
            ["tokens"] = "subject-to-end",
            ["preserve"] = "soft",
            ["preserveWeight"] = 1,
            ["covarianceWeight"] = 10,
            ["contexts"] = 24,
            ["maxDrift"] = 0.2,
            ["templates"] = new JsonArray("{}", "a photo of {}"),
            ["layers"] = new JsonArray(new JsonObject { ["component"] = "text_encoder", ["chosen"] = new JsonArray(0), ["isLocalised"] = true, ["evidence"] = new JsonArray() }),
            ["tensors"] = new JsonArray(new JsonObject
            {
                ["component"] = "text_encoder",
                ["tensor"] = "text_model.encoder.layers.0.self_attn.out_proj.weight",
                ["layer"] = 0,
                ["dtype"] = "F16",
                ["constraints"] = 228,
                ["preserved"] = 77,
                ["captions"] = 300,
                ["frobeniusDelta"] = 7.398,
                ["relativeDelta"] = 0.691,
                ["maxAbsDelta"] = 0.33,
                ["conditionNumber"] = 3549.9,
                ["residual"] = 0.16,
                ["roundingError"] = null,
                ["rederivationBound"] = 1e-4,
                ["digestBefore"] = Digest("before"),
                ["digestAfter"] = Digest("after"),
            }),
            ["drift"] = new JsonArray(new JsonObject { ["name"] = "ring", ["prompt"] = "a ring", ["drift"] = 0.0267 }),
            ["hardening"] = new JsonArray(new JsonObject { ["round"] = 1, ["searched"] = 4, ["found"] = new JsonArray(new JsonObject { ["attack"] = "soft-prompt", ["count"] = 3 }), ["worstDrift"] = 0.03, ["outcome"] = "given-up" }),
            ["fingerprint"] = new JsonObject
            {
                ["prompts"] = new JsonArray("a star"),
                ["encoders"] = new JsonArray(new JsonObject { ["component"] = "text_encoder", ["layers"] = 1, ["edited"] = new JsonArray(new JsonArray(1, 2, 3, 4, 5, 6, 7, 8)), ["base"] = new JsonArray(new JsonArray(1, 2, 3, 4, 5, 6, 7, 8)) }),
            },
            ["textPaths"] = new JsonArray(new JsonObject { ["path"] = "text_encoder → cross-attention", ["edited"] = true }),
        };
        return report;
    }

    public static JsonObject Gate(string gate, string concept, string verdict, double value, double? original = 0.5, string severity = "high", string? displayName = null, int line = 7) => new()
    {
        ["gate"] = gate,
        ["concept"] = concept,
        ["displayName"] = displayName ?? concept,
        ["severity"] = severity,
        ["metric"] = "recognition",
        ["verdict"] = verdict,
        ["limit"] = "max",
        ["limitValue"] = 0.05,
        ["statistic"] = verdict == "inconclusive" && value < 0 ? null : value,
        ["value"] = value < 0 ? null : value,
        ["base"] = original,
        ["low"] = value < 0 ? null : Math.Max(0, value - 0.04),
        ["high"] = value < 0 ? null : value + 0.04,
        ["n"] = value < 0 ? 0 : 76,
        ["explanation"] = value < 0 ? "Nothing was measured." : string.Create(CultureInfo.InvariantCulture, $"Recognition is {value:0.000}; the limit is at most 0.05."),
        ["location"] = new JsonObject { ["file"] = "shapes.yaml", ["line"] = line, ["column"] = 5 },
    };

    public static JsonObject Waiver(string gate, string concept, string expires, string owner = "@alice", string reason = "Legal settles it.") => new() { ["gate"] = gate, ["concept"] = concept, ["owner"] = owner, ["reason"] = reason, ["expires"] = expires };

    public static byte[] Bytes(this JsonObject report) => Encoding.UTF8.GetBytes(report.ToJsonString());

    public static ReportView Read(this JsonObject report) => ReportReader.Read(report.Bytes(), "report.json");

    private static JsonObject Named(string name) => new() { ["name"] = name, ["digest"] = Digest(name) };
}
