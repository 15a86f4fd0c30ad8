using System.Text.Json.Nodes;
using ModelGuard.Rendering.Tests;

namespace ModelGuard.GitHub.Tests;

/// <summary>Reports of one gate, whose numbers make its verdict.</summary>
internal static class OneGate
{
    public static JsonObject Of(string verdict) => SomeReport.OfAudit(
        [SomeReport.Gate("gone", "van-gogh", verdict, verdict switch { "pass" => 0, "inconclusive" => 0.05, _ => 0.9 })],
        verdict == "waived" ? [SomeReport.Waiver("gone", "van-gogh", "2026-12-31")] : []);
}
