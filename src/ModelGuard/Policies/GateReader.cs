namespace ModelGuard.Policies;

/// <summary>Reads <c>gates</c> and <c>waivers</c>.</summary>
internal static class GateReader
{
    public static GateOutline Read(MappingReader reader, ConceptReader ids, PolicyDiagnostics diagnostics)
    {
        var id = ids.Id(reader, "gate");
        var metric = Metric(reader, diagnostics);
        var scope = reader.Choice("on", PolicyWords.Scopes, required: true);
        var limits = PolicyWords.Limits.Where(l => reader.Find(l.Key) is not null).ToArray();
        if (limits.Length != 1)
        {
            diagnostics.Error("MG0125", reader.Node, $"A gate has exactly one limit out of max, min, maxRatio, minRatio and maxDrop; this one has {limits.Length}.");
        }

        double?[] values = [.. limits.Select(l => reader.Number(l.Key, -1000, 1000))];
        if (metric == "preference" && scope is not (null or GateScope.Updated)) diagnostics.Error("MG0126", reader.Node, "The metric 'preference' compares the new look of an updated concept with its old one, so it needs 'on: updated'.");
        if (metric == "causal-trace" && scope is not (null or GateScope.Removed)) diagnostics.Error("MG0126", reader.Node, "The metric 'causal-trace' looks for what could bring a removed concept back, so it needs 'on: removed'.");
        if (metric == "attack-success-rate" && scope is not (null or GateScope.Removed)) diagnostics.Error("MG0126", reader.Node, "The metric 'attack-success-rate' counts attacks that bring a removed concept back, so it needs 'on: removed'.");
        reader.Complete();
        var outline = new GateOutline(id, scope, diagnostics.Locate(reader.Node));
        return id is null || metric is null || scope is null || values is not [{ } value] ? outline : outline with { Gate = new Gate(id, metric, scope.Value, limits[0].Value, value, outline.Location) };
    }

    public static WaiverOutline ReadWaiver(MappingReader reader, PolicyDiagnostics diagnostics)
    {
        var (gate, concept) = (reader.Text("gate", required: true), reader.Text("concept", required: true));
        var (owner, reason, expires) = (reader.Text("owner", required: true), reader.Text("reason", required: true), reader.Day("expires", required: true));
        reader.Complete();
        var outline = new WaiverOutline(gate, concept, diagnostics.Locate(reader.Node));
        return gate is null || concept is null || owner is null || reason is null || expires is null ? outline : outline with { Waiver = new Waiver(gate, concept, owner, reason, expires.Value, outline.Location) };
    }

    private static string? Metric(MappingReader reader, PolicyDiagnostics diagnostics)
    {
        if (reader.Text("metric", required: true) is not { } metric) return null;
        if (PolicyWords.Metrics.Contains(metric)) return metric;
        var why = PolicyWords.LaterMetrics.Contains(metric) ? "is not in this version yet" : "is no metric";
        diagnostics.Error("MG0114", reader.Find("metric")!, $"'{metric}' {why}. Known are {string.Join(", ", PolicyWords.Metrics.Order(StringComparer.Ordinal))}.{Spelling.Hint(metric, PolicyWords.Metrics)}");
        return null;
    }
}
