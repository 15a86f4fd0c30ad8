using System.Collections.Immutable;
using System.Text.Json;

namespace ModelGuard.Checkpoints;

/// <summary>One entry of the header: <c>{"dtype": …, "shape": […], "data_offsets": [begin, end]}</c>.</summary>
internal static class SafetensorsEntry
{
    public static TensorInfo Parse(JsonProperty property, long data, string path)
    {
        var (name, element) = (property.Name, property.Value);
        if (element.ValueKind != JsonValueKind.Object) throw Bad("MG0203", "must be an object with 'dtype', 'shape' and 'data_offsets'");
        foreach (var p in element.EnumerateObject())
        {
            if (p.Name is not ("dtype" or "shape" or "data_offsets")) throw Bad("MG0203", $"has the unknown field '{p.Name}'");
        }

        var type = element.TryGetProperty("dtype", out var d) && d.ValueKind == JsonValueKind.String
            ? TensorDataTypes.Parse(d.GetString()!) ?? throw Unsupported(d.GetString()!)
            : throw Bad("MG0203", "has no text 'dtype'");
        var shape = Numbers(element, "shape");
        var offsets = Numbers(element, "data_offsets");
        if (offsets.Length != 2 || offsets[1] < offsets[0]) throw Bad("MG0203", "needs 'data_offsets' of two numbers, begin and end");
        var expected = ByteLength(shape, type);
        if (expected != offsets[1] - offsets[0])
        {
            throw Bad("MG0205", FormattableString.Invariant($"has shape [{string.Join(", ", shape)}] and type {type}, which takes {expected?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "more than 2^63"} bytes, but its offsets give it {offsets[1] - offsets[0]}"));
        }

        if (offsets[1] > long.MaxValue - data) throw Bad("MG0203", "has offsets beyond 2^63");
        return new TensorInfo(name, type, shape, data + offsets[0], expected.Value);

        CheckpointException Unsupported(string stored) => TensorDataTypes.IsOtherKnown(stored)
            ? Error("MG0204", $"has the type {stored}, which safetensors knows but this tool does not read; it reads F64, F32, F16, BF16, I64, I32 and U8. Convert the tensor to one of them.")
            : Error("MG0204", $"has the unknown type '{stored}'; this tool reads F64, F32, F16, BF16, I64, I32 and U8. The file is damaged, or newer than this tool; copy it again, or convert the tensor.");

        CheckpointException Bad(string code, string what) => Error(code, $"{what}. The file is damaged; copy it again, or write it again with the safetensors library.");

        CheckpointException Error(string code, string what) => new(code, $"In the header of '{path}' the tensor '{name}' {what}", path);

        ImmutableArray<long> Numbers(JsonElement entry, string key) =>
            entry.TryGetProperty(key, out var list) && list.ValueKind == JsonValueKind.Array
                ? [.. list.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Number && v.TryGetInt64(out var n) && n >= 0 ? n : throw Bad("MG0203", $"has '{key}' with {v.GetRawText()}; it must hold whole numbers from 0"))]
                : throw Bad("MG0203", $"has no list '{key}'");
    }

    /// <summary>Elements × size; null when it does not fit into 63 bits.</summary>
    internal static long? ByteLength(ImmutableArray<long> shape, TensorDataType type)
    {
        // Sides of an empty tensor must fit as well: whoever allocates multiplies them, perhaps without the zero.
        Int128 total = type.SizeInBytes();
        foreach (var side in shape.Where(s => s > 0))
        {
            total *= side;
            if (total > long.MaxValue) return null;
        }

        return shape.Contains(0) ? 0 : (long)total;
    }
}
