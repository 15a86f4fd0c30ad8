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

        (LimitKind Kind, double Value)?[] values = [.. limits.Select(l => Limit(reader, l.Key, l.Value))];
        var baseline = reader.Text("baseline") is { } path ? new GateBaseline(path, diagnostics.Locate(reader.Find("baseline")!)) : null;
        if (baseline is not null && !CanCompare(metric, limits)) diagnostics.Error("MG0137", reader.Find("baseline")!, "A baseline holds a value for each picture, to compare with: it needs the metric clip-score, recognition or preference, and the limit maxDrop, maxRatio or minRatio.");
        MetricRules.Check(metric, scope, limits.Select(l => l.Value), reader.Node, diagnostics);
        reader.Complete();
        var outline = new GateOutline(id, scope, diagnostics.Locate(reader.Node));
        return id is null || metric is null || scope is null || values is not [{ } limit] ? outline : outline with { Gate = new Gate(id, metric, scope.Value, limit.Kind, limit.Value, outline.Location) { Baseline = baseline } };
    }

    /// <summary>A limit; a percentage makes a drop relative.</summary>
    private static (LimitKind Kind, double Value)? Limit(MappingReader reader, string key, LimitKind kind)
    {
        if (kind == LimitKind.MaxDrop && reader.Find(key) is YamlScalar { IsQuoted: false, Value: ['-' or '+' or '.' or (>= '0' and <= '9'), .., '%'] }) return reader.Percentage(key) is { } share ? (LimitKind.MaxRelativeDrop, share) : null;
        return reader.Number(key, -1000, 1000) is { } value ? (kind, value) : null;
    }

    // What could not be read has an error of its own.
    private static bool CanCompare(string? metric, KeyValuePair<string, LimitKind>[] limits) =>
        (metric is null || PolicyWords.PictureMetrics.Contains(metric)) && limits.All(l => l.Value is LimitKind.MaxDrop or LimitKind.MaxRatio or LimitKind.MinRatio);

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
        diagnostics.Error("MG0114", reader.Find("metric")!, $"'{metric}' is no metric. Known are {string.Join(", ", PolicyWords.Metrics.Order(StringComparer.Ordinal))}.{Spelling.Hint(metric, PolicyWords.Metrics)}");
        return null;
    }
}
