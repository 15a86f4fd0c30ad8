using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using ModelGuard.Checkpoints;

namespace ModelGuard.Deltas;

/// <summary>The manifest as JSON, in the metadata of the delta's safetensors file.</summary>
internal static partial class DeltaManifestJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly FrozenDictionary<string, DeltaEncoding> Encodings = FrozenDictionary.ToFrozenDictionary([KeyValuePair.Create("xor", DeltaEncoding.Xor), KeyValuePair.Create("low-rank", DeltaEncoding.LowRank)], StringComparer.Ordinal);

    public static string Write(DeltaManifest manifest)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("version", DeltaManifest.Version);
            json.WriteString("tool", manifest.ToolVersion);
            json.WriteString("policy", manifest.PolicyDigest);
            json.WriteString("base", manifest.BaseDigest);
            json.WriteString("kept", manifest.KeptDigest);
            json.WriteString("edited", manifest.EditedDigest);
            if (manifest.ShardSize is { } size) json.WriteNumber("shardSize", size);
            if (manifest.Variant is { } variant) json.WriteString("variant", variant);
            json.WriteStartArray("leftOut");
            foreach (var name in manifest.LeftOut) json.WriteStringValue(name);
            json.WriteEndArray();
            json.WriteStartArray("tensors");
            foreach (var tensor in manifest.Tensors) Write(json, tensor);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Reads and checks a manifest that anyone may have written.</summary>
    /// <exception cref="CheckpointException">MG1040 for one that is not of this form.</exception>
    public static DeltaManifest Read(string text, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            return Read(document.RootElement, path);
        }
        // InvalidOperationException is a value of another kind, FormatException a number out of range.
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw Bad(path, $"is malformed: {e.Message}");
        }
    }

    private static DeltaManifest Read(JsonElement root, string path)
    {
        if (root.GetProperty("version").GetInt32() is var version && version != DeltaManifest.Version) throw Bad(path, FormattableString.Invariant($"is of version {version}; this tool reads version {DeltaManifest.Version}"));
        var manifest = new DeltaManifest
        {
            ToolVersion = Text(root, "tool"),
            PolicyDigest = Digest(root, "policy"),
            BaseDigest = Digest(root, "base"),
            KeptDigest = Digest(root, "kept"),
            EditedDigest = Digest(root, "edited"),
            ShardSize = root.TryGetProperty("shardSize", out var size) ? size.GetInt64() : null,
            Variant = root.TryGetProperty("variant", out var variant) ? variant.GetString() : null,
            LeftOut = [.. root.GetProperty("leftOut").EnumerateArray().Select(n => n.GetString() ?? "")],
            Tensors = [.. root.GetProperty("tensors").EnumerateArray().Select(Tensor)],
        };
        if (manifest.ShardSize < ShardSizes.Smallest) throw Bad(path, FormattableString.Invariant($"has digests over shards of {manifest.ShardSize} bytes; a shard has at least {ShardSizes.Smallest}"));
        if (manifest.Tensors.IsEmpty) throw Bad(path, "names no tensor");
        var twice = manifest.Tensors.GroupBy(t => t.Key, StringComparer.Ordinal).FirstOrDefault(g => g.Skip(1).Any());
        return twice is null ? manifest : throw Bad(path, $"names the tensor '{twice.Key}' twice");

        DeltaTensor Tensor(JsonElement e)
        {
            // The component becomes the name of a folder.
            var component = Text(e, "component");
            if (!Component().IsMatch(component)) throw Bad(path, $"names the component '{component}'; names of components have letters, digits and underscores");
            var type = TensorDataTypes.Parse(Text(e, "dtype")) ?? throw Bad(path, $"has the unknown type '{Text(e, "dtype")}'");
            if (!Encodings.TryGetValue(Text(e, "encoding"), out var encoding)) throw Bad(path, $"has the unknown encoding '{Text(e, "encoding")}'; known are {string.Join(", ", Encodings.Keys.Order(StringComparer.Ordinal))}");
            ImmutableArray<long> shape = [.. e.GetProperty("shape").EnumerateArray().Select(n => n.GetInt64())];
            if (shape.Any(n => n < 0)) throw Bad(path, "has a shape with a negative side");
            return new DeltaTensor(component, Text(e, "tensor"), type, shape, encoding, Digest(e, "before"), Digest(e, "after"));
        }

        string Text(JsonElement e, string key) => e.GetProperty(key).GetString() is { Length: > 0 } value ? value : throw Bad(path, $"has no text '{key}'");

        string Digest(JsonElement e, string key) => Text(e, key) is var digest && Sha256().IsMatch(digest) ? digest : throw Bad(path, $"has '{digest}' for '{key}', which must be 'sha256:' and 64 lower-case hexadecimal digits");
    }

    private static void Write(Utf8JsonWriter json, DeltaTensor tensor)
    {
        json.WriteStartObject();
        json.WriteString("component", tensor.Component);
        json.WriteString("tensor", tensor.Name);
        json.WriteString("dtype", tensor.DataType.ToString());
        json.WriteStartArray("shape");
        foreach (var side in tensor.Shape) json.WriteNumberValue(side);
        json.WriteEndArray();
        json.WriteString("encoding", Encodings.First(e => e.Value == tensor.Encoding).Key);
        json.WriteString("before", tensor.DigestBefore);
        json.WriteString("after", tensor.DigestAfter);
        json.WriteEndObject();
    }

    private static CheckpointException Bad(string path, string what) => new("MG1040", $"The manifest of the delta '{path}' {what}. The file is damaged, or made by another version of the tool; make the delta again with 'modelguard edit --delta'.", path);

    [GeneratedRegex(@"^[A-Za-z0-9_]{1,64}\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Component();

    [GeneratedRegex(@"^sha256:[0-9a-f]{64}\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sha256();
}
