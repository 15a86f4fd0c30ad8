using System.Globalization;
using System.Text.Json;
using ModelGuard.Checkpoints;

namespace ModelGuard.Deltas;

/// <summary>The report inside a delta.</summary>
internal static class DeltaReport
{
    /// <summary>Refuses a report that speaks about something else than the delta: it is written beside the checkpoint, where the next edit reads it.</summary>
    /// <exception cref="CheckpointException">MG1040.</exception>
    public static void Require(DeltaFile delta)
    {
        var manifest = delta.Manifest;
        try
        {
            using var report = JsonDocument.Parse(delta.Report, new JsonDocumentOptions { AllowDuplicateProperties = false });
            var root = report.RootElement;
            var (tool, policy, model) = (root.GetProperty("tool"), root.GetProperty("policy"), root.GetProperty("model"));
            (string What, string? Said, string? Is)[] claims =
            [
                ("tool", tool.GetProperty("version").GetString(), manifest.ToolVersion),
                ("policy", policy.GetProperty("digest").GetString(), manifest.PolicyDigest),
                ("base", model.GetProperty("base").GetProperty("digest").GetString(), manifest.BaseDigest),
                ("edited checkpoint", model.GetProperty("output").GetProperty("digest").GetString(), manifest.EditedDigest),
                ("size of shards", model.TryGetProperty("serialization", out var serialization) ? serialization.GetProperty("shardSize").GetRawText() : null, manifest.ShardSize?.ToString(CultureInfo.InvariantCulture)),
            ];
            if (Array.Find(claims, c => c.Said != c.Is) is { What: not null } wrong) throw Bad($"names the {wrong.What} '{wrong.Said}', and the delta '{wrong.Is}'");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Bad($"is malformed: {e.Message}");
        }

        CheckpointException Bad(string what) => new("MG1040", $"The report in the delta '{delta.Path}' {what}. The file is damaged or forged; make the delta again with 'modelguard edit --delta'.", delta.Path);
    }
}
