using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ModelGuard.Checkpoints;

/// <summary>Writes safetensors files in a stream.</summary>
public static class SafetensorsWriter
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the tensors in the order given; the header is padded with spaces to a multiple of 8 bytes, as the reference does.</summary>
    /// <exception cref="ArgumentException">A name is used twice or reserved, or the bytes do not fit shape and type.</exception>
    public static void Write(string path, IEnumerable<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        TensorSource[] all = [.. tensors];
        RequireWritable(all);
        AtomicFile.Write(path, stream =>
        {
            WriteHeader(stream, all, metadata);
            foreach (var tensor in all) stream.Write(tensor.Bytes.Span);
        });
    }

    /// <summary>
    /// Copies a file with the data of some tensors replaced: header, order, metadata and all other bytes stay as they are.
    /// </summary>
    /// <param name="source">The file to copy.</param>
    /// <param name="path">The copy.</param>
    /// <param name="replacements">Tensor name → its new bytes, of the same length.</param>
    /// <exception cref="CheckpointException">MG0208 for an unknown tensor, MG0211 for another length.</exception>
    public static void CopyWithReplacements(SafetensorsFile source, string path, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> replacements)
    {
        foreach (var (name, bytes) in replacements)
        {
            if (source.Get(name).ByteLength != bytes.Length)
            {
                throw new CheckpointException("MG0211", FormattableString.Invariant($"The tensor '{name}' of '{source.Path}' has {source.Get(name).ByteLength} bytes; its replacement has {bytes.Length}. This is a defect of the tool; please report it."), source.Path);
            }
        }

        AtomicFile.Replace(path, partial =>
        {
            // The file system copies without passing the data through this process (and shares it where it can).
            File.Copy(source.Path, partial);
            // A copy of a read-only file is read-only.
            File.SetAttributes(partial, FileAttributes.Normal);
            using var stream = new FileStream(partial, FileMode.Open, FileAccess.Write, FileShare.None);
            foreach (var (name, bytes) in replacements)
            {
                stream.Position = source.Get(name).Offset;
                stream.Write(bytes.Span);
            }

            stream.Flush(flushToDisk: true);
        });
    }

    // What no reader would accept is not written.
    private static void RequireWritable(TensorSource[] tensors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { "__metadata__" };
        foreach (var tensor in tensors)
        {
            if (!names.Add(tensor.Name)) throw new ArgumentException($"The name '{tensor.Name}' is used twice, or reserved.", nameof(tensors));
            if (tensor.Shape.Any(s => s < 0) || SafetensorsEntry.ByteLength(tensor.Shape, tensor.DataType) != tensor.Bytes.Length)
            {
                throw new ArgumentException(FormattableString.Invariant($"The tensor '{tensor.Name}' of shape [{string.Join(", ", tensor.Shape)}] and type {tensor.DataType} is given {tensor.Bytes.Length} bytes, which do not fit."), nameof(tensors));
            }
        }
    }

    private static void WriteHeader(Stream stream, TensorSource[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(p => p.Key, StringComparer.Ordinal)) json.WriteString(key, value);
                json.WriteEndObject();
            }

            long offset = 0;
            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.DataType.ToString());
                json.WriteStartArray("shape");
                foreach (var side in tensor.Shape) json.WriteNumberValue(side);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.Bytes.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        var padding = (8 - (buffer.WrittenCount % 8)) % 8;
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)(buffer.WrittenCount + padding));
        stream.Write(prefix);
        stream.Write(buffer.WrittenSpan);
        stream.Write("        "u8[..padding]);
    }
}
