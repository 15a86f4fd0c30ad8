namespace ModelGuard.Checkpoints;

/// <summary>The element types of safetensors files that are read and written here; the names are the format's own.</summary>
public enum TensorDataType
{
    /// <summary>IEEE 754 double precision.</summary>
    F64,

    /// <summary>IEEE 754 single precision.</summary>
    F32,

    /// <summary>IEEE 754 half precision.</summary>
    F16,

    /// <summary>The upper half of a single.</summary>
    BF16,

    /// <summary>Signed, 64 bits.</summary>
    I64,

    /// <summary>Signed, 32 bits.</summary>
    I32,

    /// <summary>Unsigned, 8 bits.</summary>
    U8,
}
