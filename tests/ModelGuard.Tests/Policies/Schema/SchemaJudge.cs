using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using ModelGuard.Policies;

namespace ModelGuard.Tests.Policies.Schema;

/// <summary>The published schema, as a validator of draft 2020-12 reads it. Formats count, as they do in editors.</summary>
internal static class SchemaJudge
{
    private static readonly JsonSchema Schema = JsonSchema.FromText(PolicySchema.Text);
    private static readonly EvaluationOptions Options = new() { RequireFormatValidation = true, OutputFormat = OutputFormat.List };

    /// <summary>What the schema has against a policy: nothing, where it accepts it.</summary>
    public static string Errors(JsonNode? policy)
    {
        using var document = JsonDocument.Parse(policy?.ToJsonString() ?? "null");
        var result = Schema.Evaluate(document.RootElement, Options);
        if (result.IsValid) return "";
        var errors = (result.Details ?? []).Where(d => d.Errors is not null).SelectMany(d => d.Errors!.Select(e => $"{d.InstanceLocation}: {e.Key}: {e.Value}"));
        return string.Join('\n', errors.DefaultIfEmpty("It does not fit."));
    }
}
