using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ModelGuard.Checkpoints.Conversion;

/// <summary>Writes a safetensors file whose tensors never are in memory as a whole.</summary>
internal static class StreamedFile
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Length and text of a header, padded with spaces to a multiple of 8 bytes as the reference does.</summary>
    public static byte[] Header(IEnumerable<(string Name, TensorDataType DataType, ImmutableArray<long> Shape, long ByteLength)> tensors, IReadOnlyDictionary<string, string>? metadata)
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
                json.WriteNumberValue(offset += tensor.ByteLength);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        var padded = (buffer.WrittenCount + 7) / 8 * 8;
        var result = new byte[8 + padded];
        BinaryPrimitives.WriteUInt64LittleEndian(result, (ulong)padded);
        buffer.WrittenSpan.CopyTo(result.AsSpan(8));
        result.AsSpan(8 + buffer.WrittenCount).Fill((byte)' ');
        return result;
    }

    /// <summary>The header of tensors that are streamed.</summary>
    public static byte[] Header(IEnumerable<StreamedTensor> tensors, IReadOnlyDictionary<string, string> metadata) =>
        Header(tensors.Select(t => (t.Name, t.DataType, t.Shape, t.ByteLength)), metadata);

    /// <summary>Writes header and data; the file appears whole or not at all.</summary>
    public static void Write(string path, ReadOnlyMemory<byte> header, ImmutableArray<StreamedTensor> tensors, Action<long> copied, CancellationToken cancellation) => AtomicFile.WriteUnflushed(path, stream =>
    {
        stream.Write(header.Span);
        foreach (var run in tensors.SelectMany(t => t.Runs)) run.CopyTo(stream, copied, cancellation);
    });
}
