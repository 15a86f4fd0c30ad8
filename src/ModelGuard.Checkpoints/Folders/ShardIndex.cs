using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;

namespace ModelGuard.Checkpoints.Folders;

/// <summary>The index of weights in several files: <c>{"metadata": …, "weight_map": {tensor: file}}</c>, as transformers writes it (<c>modeling_utils.py</c>).</summary>
internal sealed class ShardIndex
{
    // Ten times that of the largest published model.
    private const long LargestFile = 64 << 20;
    private readonly FrozenDictionary<string, string> map;
    private readonly string path;

    private ShardIndex(string path, FrozenDictionary<string, string> map)
    {
        this.path = path;
        this.map = map;
        var folder = Path.GetDirectoryName(path)!;
        Shards = [.. map.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(s => Path.Combine(folder, s))];
    }

    /// <summary>The shards, by name.</summary>
    public ImmutableArray<string> Shards { get; }

    /// <summary>Reads an index.</summary>
    /// <exception cref="CheckpointException">MG0213 when it is none, MG0214 when a name leads out of its folder.</exception>
    public static ShardIndex Read(string path)
    {
        if (!FileSystem.Exists(path)) throw Bad("is a link to nothing");
        if (FileSystem.IsPipe(path)) throw Bad("is a named pipe, not a file");
        if (new FileInfo(path).Length is > LargestFile and var size) throw Bad(FormattableString.Invariant($"has {size} bytes; no index has more than {LargestFile}"));
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("weight_map", out var entries) || entries.ValueKind != JsonValueKind.Object) throw Bad("has no object 'weight_map' that maps tensors to files");
            var places = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var entry in entries.EnumerateObject())
            {
                if (entry.Value.ValueKind != JsonValueKind.String) throw Bad($"maps the tensor '{entry.Name}' to {Shorten(entry.Value.GetRawText())} instead of the name of a file");
                places[entry.Name] = RequirePlain(entry.Value.GetString()!, entry.Name);
            }

            return places.Count > 0 ? new ShardIndex(path, places.ToFrozenDictionary(StringComparer.Ordinal)) : throw Bad("lists no tensors");
        }
        // InvalidOperationException is a text with half a surrogate pair, which the parser only meets when the text is asked for.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException("MG0213", $"The index '{path}' is no valid JSON: {e.Message} Copy the checkpoint again, whole.", path, e);
        }

        CheckpointException Bad(string what) => new("MG0213", $"The index '{path}' {what}. Copy the checkpoint again, whole.", path);

        string RequirePlain(string name, string tensor) => IsPlain(name)
            ? name
            : throw new CheckpointException("MG0214", $"The index '{path}' says that the tensor '{tensor}' lies in '{Shorten(name)}'; a shard is a .safetensors file in the same folder, named without a path. The index is damaged, or it was made to read other files; do not use this checkpoint.", path);
    }

    /// <summary>Opens all shards and holds them against the index.</summary>
    /// <exception cref="CheckpointException">MG0215 for a missing shard, MG0216 to MG0218 for tensors elsewhere than the index says, or as <see cref="SafetensorsFile.Open"/>.</exception>
    public ComponentWeights Open()
    {
        string[] missing = [.. Shards.Where(s => !FileSystem.Exists(s))];
        if (missing.Length > 0) throw new CheckpointException("MG0215", FormattableString.Invariant($"Of the {Shards.Length} shard(s) that the index '{path}' lists, {missing.Length} are missing, first '{Path.GetFileName(missing[0])}'. Copy the checkpoint again, whole."), path);
        var files = new List<SafetensorsFile>(Shards.Length);
        try
        {
            foreach (var shard in Shards) files.Add(SafetensorsFile.Open(shard));
            RequireAgreement(files);
            return new ComponentWeights(path, files, files.SelectMany(f => f.Tensors.Select(t => WeightTensor.Of(f, t))));
        }
        catch
        {
            foreach (var file in files) file.Dispose();
            throw;
        }
    }

    private void RequireAgreement(List<SafetensorsFile> files)
    {
        foreach (var file in files)
        {
            var shard = Path.GetFileName(file.Path);
            foreach (var name in file.Tensors.Select(t => t.Name))
            {
                if (!map.TryGetValue(name, out var listed)) throw new CheckpointException("MG0217", $"The shard '{file.Path}' holds the tensor '{name}', which the index '{Path.GetFileName(path)}' does not list. Index and shards belong to different models; copy the checkpoint again, whole.", file.Path);
                if (listed != shard) throw new CheckpointException("MG0218", $"The shard '{file.Path}' holds the tensor '{name}', which the index '{Path.GetFileName(path)}' puts in '{listed}'. It is not clear which of the two counts; copy the checkpoint again, whole.", file.Path);
            }
        }

        if (map.FirstOrDefault(m => !files.Exists(f => Path.GetFileName(f.Path) == m.Value && f.TryGet(m.Key, out _))) is { Key: { } lost, Value: var where })
        {
            throw new CheckpointException("MG0216", $"The index '{path}' puts the tensor '{lost}' in '{where}', which does not hold it. Index and shards belong to different models; copy the checkpoint again, whole.", path);
        }
    }

    // A separator of another system is none here, but the checkpoint may be read there.
    private static bool IsPlain(string name) => name.EndsWith(".safetensors", StringComparison.Ordinal) && name.AsSpan().IndexOfAny("/\\:\0") < 0 && name[0] != '.';

    private static string Shorten(string text) => text.Length <= 100 ? text : text[..97] + "...";
}
