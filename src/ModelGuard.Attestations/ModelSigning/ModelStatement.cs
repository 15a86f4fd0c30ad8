using System.Globalization;
using System.Text.Json;
using ModelGuard.Attestations.InToto;
using ModelGuard.Shared;

namespace ModelGuard.Attestations.ModelSigning;

/// <summary>A manifest as an in-toto statement, in the form that the reference verifier of OpenSSF model signing v1.0 takes.</summary>
public static class ModelStatement
{
    /// <summary>The predicate's type.</summary>
    public const string PredicateType = "https://model_signing/signature/v1.0";

    private const string Algorithm = "sha256";
    private const string FileMethod = "files";
    private const int DigestSize = 32;

    /// <summary>The statement.</summary>
    public static Statement Create(ModelManifest manifest)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartArray("resources");
            foreach (var resource in manifest.Resources)
            {
                json.WriteStartObject();
                json.WriteString("name", resource.Name);
                json.WriteString("algorithm", manifest.ShardSize is { } size ? AlgorithmOfShards(size) : Algorithm);
                json.WriteString("digest", Convert.ToHexStringLower(resource.Sha256.AsSpan()));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartObject("serialization");
            json.WriteString("method", manifest.ShardSize is null ? FileMethod : ShardName.Method);
            json.WriteString("hash_type", Algorithm);
            if (manifest.ShardSize is { } shardSize) json.WriteNumber("shard_size", shardSize);
            json.WriteBoolean("allow_symlinks", false);
            json.WriteStartArray("ignore_paths");
            foreach (var path in manifest.IgnoredPaths) json.WriteStringValue(path);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        using var predicate = JsonDocument.Parse(stream.ToArray());
        return new Statement([new Subject(manifest.ModelName, manifest.Root)], PredicateType, predicate.RootElement.Clone());
    }

    /// <summary>Reads a verified payload.</summary>
    /// <param name="payload">The bytes that the signature is over.</param>
    /// <param name="place">Where they come from, for messages.</param>
    /// <exception cref="AttestationException">MG2006: no model signature, or one by a method that is not computed here; MG2007: its root digest is not that of its files.</exception>
    public static ModelManifest Read(ReadOnlyMemory<byte> payload, string place)
    {
        var statement = Statement.Read(payload, place);
        try
        {
            if (statement.PredicateType != PredicateType) throw new JsonShapeException($"'statement.predicateType' is '{statement.PredicateType}' and not '{PredicateType}'");
            if (statement.Subjects is not [var subject]) throw new JsonShapeException("'statement.subject' must be one model");
            using var document = JsonFields.Parse(JsonSerializer.SerializeToUtf8Bytes(statement.Predicate));
            var manifest = Manifest(JsonFields.Of(document, "predicate"), subject.Name);
            if (manifest.Root != subject.Sha256) throw AttestationException.Refuse("MG2007", $"The root digest in '{place}' is {subject.Sha256}, but its list of files makes {manifest.Root}. Have the model signed again.");
            return manifest;
        }
        catch (JsonShapeException e)
        {
            throw AttestationException.Refuse("MG2006", $"What '{place}' signs is no model as OpenSSF model signing 1.0 describes it: {e.Message}. Have the model signed again.", e);
        }
    }

    private static ModelManifest Manifest(JsonFields predicate, string name)
    {
        predicate.AllowOnly("resources", "serialization");
        var serialization = predicate.Fields("serialization");
        var shardSize = ShardSize(serialization);
        if (serialization.Text("hash_type") is var hash && hash != Algorithm) throw new JsonShapeException($"'predicate.serialization.hash_type' is '{hash}', and only '{Algorithm}' is computed here");
        var resources = predicate.List("resources");
        if (resources.IsEmpty) throw new JsonShapeException("'predicate.resources' is empty");
        var manifest = new ModelManifest(name, [.. resources.Select(r => Resource(r, shardSize))], serialization.Has("ignore_paths") ? serialization.Texts("ignore_paths") : []) { ShardSize = shardSize };
        if (manifest.Resources.GroupBy(r => r.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Skip(1).Any()) is { } twice) throw new JsonShapeException($"'predicate.resources' names '{twice.Key}' twice");
        if (shardSize is { } size) ShardCoverage.Require(manifest.Resources.Select(r => r.Name), size);
        return manifest;
    }

    private static long? ShardSize(JsonFields serialization)
    {
        var method = serialization.Text("method");
        if (method is not (FileMethod or ShardName.Method)) throw new JsonShapeException($"'predicate.serialization.method' is '{method}', and only '{FileMethod}' and '{ShardName.Method}' are computed here");
        if (method == ShardName.Method) return serialization.PositiveInteger("shard_size");
        return serialization.Has("shard_size") ? throw new JsonShapeException($"'predicate.serialization.shard_size' is there with the method '{FileMethod}'") : null;
    }

    private static SignedResource Resource(JsonFields resource, long? shardSize)
    {
        var (name, algorithm, digest) = (resource.Text("name"), resource.Text("algorithm"), resource.Text("digest"));
        if (algorithm != Algorithm && !(shardSize is { } size && algorithm == AlgorithmOfShards(size))) throw new JsonShapeException($"'{name}' is digested with '{algorithm}', and only '{Algorithm}' is computed here");
        if (shardSize is null && !ModelManifest.MayList(name)) throw new JsonShapeException($"'{name}' is no path within a model");
        if (digest.Length != 2 * DigestSize || !digest.All(char.IsAsciiHexDigitLower)) throw new JsonShapeException($"the digest of '{name}' is no SHA-256 in lower-case hex");
        return new SignedResource(name, [.. Convert.FromHexString(digest)]);
    }

    // The specification wants the plain name (§6.3.2). The reference implementation writes this one, and refuses every other when it verifies.
    private static string AlgorithmOfShards(long shardSize) => string.Create(CultureInfo.InvariantCulture, $"{Algorithm}-sharded-{shardSize}");
}
