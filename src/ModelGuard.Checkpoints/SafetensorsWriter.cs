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
