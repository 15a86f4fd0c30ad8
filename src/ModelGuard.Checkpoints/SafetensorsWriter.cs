using ModelGuard.Checkpoints.Conversion;

namespace ModelGuard.Checkpoints;

/// <summary>Writes safetensors files in a stream.</summary>
public static class SafetensorsWriter
{
    /// <summary>Writes the tensors in the order given; the header is padded with spaces to a multiple of 8 bytes, as the reference does.</summary>
    /// <exception cref="ArgumentException">A name is used twice or reserved, or the bytes do not fit shape and type.</exception>
    public static void Write(string path, IEnumerable<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        TensorSource[] all = [.. tensors];
        RequireWritable(all);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(StreamedFile.Header(all.Select(t => (t.Name, t.DataType, t.Shape, (long)t.Bytes.Length)), metadata));
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
}
