using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;

namespace ModelGuard.Checkpoints;

/// <summary>The header of a safetensors file: 8 bytes of length (little-endian), then that many bytes of JSON.</summary>
internal sealed record SafetensorsHeader(ImmutableArray<TensorInfo> Tensors, IReadOnlyDictionary<string, string> Metadata)
{
    // The reference implementation's own limit (safetensors/src/tensor.rs, MAX_HEADER_SIZE).
    private const long MaximumLength = 100_000_000;

    /// <summary>Reads and checks a header: names, types, shapes, and that the tensors cover the rest of the file without gap or overlap.</summary>
    /// <exception cref="CheckpointException">MG0201 to MG0207 for a damaged file, MG0210 for a pickle, MG0212 for a Git LFS pointer.</exception>
    public static SafetensorsHeader Read(Stream stream, string path)
    {
        var fileLength = stream.Length;
        Span<byte> prefix = stackalloc byte[8];
        if (fileLength < 8) throw Bad("MG0201", FormattableString.Invariant($"has {fileLength} bytes; a safetensors file begins with an 8-byte header length. The file is empty or was cut off; copy or download it again."));
        stream.ReadExactly(prefix);
        if (prefix.SequenceEqual("version "u8)) throw Bad("MG0212", "is a Git LFS pointer, a note where the weights are kept, and not the weights. Fetch them with 'git lfs pull'.");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        // Only where the length cannot be right: header lengths such as 66176 begin with the bytes of a pickle.
        if (length > MaximumLength || length > (ulong)fileLength - 8) PickleFormats.RefuseContent(prefix, path);
        if (length > MaximumLength) throw Bad("MG0201", FormattableString.Invariant($"claims a header of {length} bytes, more than the {MaximumLength} that the format allows. It is no safetensors file, or it is damaged."));
        if (length > (ulong)fileLength - 8) throw Bad("MG0201", FormattableString.Invariant($"claims a header of {length} bytes but has only {fileLength - 8} after the length. The file was cut off; copy or download it again."));
        var json = new byte[length];
        stream.ReadExactly(json);
        // The specification wants the brace first (README, "Format"); without it JSON parsers disagree about what else may stand there.
        if (length > 0 && json[0] != '{')
        {
            PickleFormats.RefuseContent(prefix, path);
            throw Bad("MG0202", FormattableString.Invariant($"has a header that begins with the byte 0x{json[0]:x2} instead of '{{'. It is no safetensors file, or it is damaged."));
        }

        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            var (tensors, metadata) = Parse(document.RootElement, 8 + (long)length, path);
            return new SafetensorsHeader(Cover(tensors, 8 + (long)length, fileLength, path), metadata);
        }
        // InvalidOperationException is a text with half a surrogate pair, which the parser only meets when the text is asked for.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException("MG0202", $"The header of '{path}' is no valid JSON: {e.Message} It is no safetensors file, or it is damaged.", path, e);
        }

        CheckpointException Bad(string code, string what) => new(code, $"'{path}' {what}", path);
    }

    private static (List<TensorInfo> Tensors, Dictionary<string, string> Metadata) Parse(JsonElement root, long data, string path)
    {
        var tensors = new List<TensorInfo>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in root.EnumerateObject())
        {
            if (property.Name == "__metadata__") ReadMetadata(property.Value, metadata, path);
            else tensors.Add(SafetensorsEntry.Parse(property, data, path));
        }

        return (tensors, metadata);
    }

    private static void ReadMetadata(JsonElement element, Dictionary<string, string> metadata, string path)
    {
        if (element.ValueKind != JsonValueKind.Object || element.EnumerateObject().Any(p => p.Value.ValueKind != JsonValueKind.String))
        {
            throw new CheckpointException("MG0202", $"'__metadata__' in the header of '{path}' must map texts to texts. Write the file again with the safetensors library.", path);
        }

        foreach (var p in element.EnumerateObject()) metadata[p.Name] = p.Value.GetString()!;
    }

    private static ImmutableArray<TensorInfo> Cover(List<TensorInfo> tensors, long data, long fileLength, string path)
    {
        ImmutableArray<TensorInfo> sorted = [.. tensors.OrderBy(t => t.Offset).ThenBy(t => t.ByteLength)];
        var end = data;
        foreach (var t in sorted)
        {
            if (t.Offset != end)
            {
                var what = t.Offset > end ? FormattableString.Invariant($"leaves a gap of {t.Offset - end} bytes before it") : FormattableString.Invariant($"overlaps the tensor before it by {end - t.Offset} bytes");
                throw new CheckpointException("MG0206", $"In '{path}' the tensor '{t.Name}' {what}. The file is damaged, or it hides data; write it again with the safetensors library.", path);
            }

            end = t.Offset + t.ByteLength;
        }

        return end == fileLength
            ? sorted
            : throw new CheckpointException("MG0207", FormattableString.Invariant($"'{path}' has {fileLength} bytes, but its tensors end at byte {end}. The file was cut off, or something was appended; copy or download it again."), path);
    }
}
