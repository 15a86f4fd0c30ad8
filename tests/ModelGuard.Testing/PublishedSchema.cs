using NJsonSchema;

namespace ModelGuard.Testing;

/// <summary>A schema of <c>docs/schemas</c>.</summary>
public sealed class PublishedSchema
{
    private readonly JsonSchema schema;

    private PublishedSchema(JsonSchema schema) => this.schema = schema;

    /// <summary>Reads a schema with what it refers to.</summary>
    public static async Task<PublishedSchema> ReadAsync(string name) => new(await JsonSchema.FromFileAsync(Path.Combine(RepositoryPaths.Root, "docs", "schemas", name)));

    /// <summary>What a JSON text has against the schema: nothing, where it fits.</summary>
    public string Errors(string json) => string.Join('\n', schema.Validate(json).Select(e => $"{e.Path}: {e.Kind}"));
}
