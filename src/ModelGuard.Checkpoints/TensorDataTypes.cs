namespace ModelGuard.Checkpoints;

/// <summary>Facts about element types.</summary>
public static class TensorDataTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int SizeInBytes(this TensorDataType type) => type switch
    {
        TensorDataType.F64 or TensorDataType.I64 => 8,
        TensorDataType.F32 or TensorDataType.I32 => 4,
        TensorDataType.F16 or TensorDataType.BF16 => 2,
        TensorDataType.U8 => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No such element type."),
    };

    /// <summary>The type that a header names, or null.</summary>
    public static TensorDataType? Parse(string name) => name switch
    {
        "F64" => TensorDataType.F64,
        "F32" => TensorDataType.F32,
        "F16" => TensorDataType.F16,
        "BF16" => TensorDataType.BF16,
        "I64" => TensorDataType.I64,
        "I32" => TensorDataType.I32,
        "U8" => TensorDataType.U8,
        _ => null,
    };

    /// <summary>Whether the safetensors library has this type, but no checkpoint that is edited here needs it (safetensors/src/tensor.rs, <c>Dtype</c>).</summary>
    internal static bool IsOtherKnown(string name) => name is "BOOL" or "I8" or "I16" or "U16" or "U32" or "U64" or "C64" or "F8_E5M2" or "F8_E4M3" or "F8_E8M0" or "F6_E2M3" or "F6_E3M2" or "F4";
}
