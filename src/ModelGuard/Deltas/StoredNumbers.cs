using System.Buffers.Binary;
using ModelGuard.Checkpoints;

namespace ModelGuard.Deltas;

/// <summary>Elements of stored tensors as doubles, and back. Both ways are the same on every machine, bit for bit.</summary>
internal static class StoredNumbers
{
    /// <summary>Whether elements of a type are floating-point numbers.</summary>
    public static bool IsFloat(TensorDataType type) => type is TensorDataType.F64 or TensorDataType.F32 or TensorDataType.F16 or TensorDataType.BF16;

    /// <summary>The distance from 1 to the next number of a type.</summary>
    public static double Epsilon(TensorDataType type) => type switch
    {
        TensorDataType.F64 => Math.ScaleB(1, -52),
        TensorDataType.F32 => Math.ScaleB(1, -23),
        TensorDataType.F16 => Math.ScaleB(1, -10),
        TensorDataType.BF16 => Math.ScaleB(1, -7),
        _ => throw NoFloat(type),
    };

    /// <summary>One element, exactly.</summary>
    public static double Read(ReadOnlySpan<byte> bytes, int index, TensorDataType type) => type switch
    {
        TensorDataType.F64 => BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * index)..]),
        TensorDataType.F32 => BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * index)..]),
        TensorDataType.F16 => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * index)..]),
        TensorDataType.BF16 => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * index)..]) << 16),
        _ => throw NoFloat(type),
    };

    /// <summary>Rounds a number to a type, to the nearest and ties to even (BF16 by way of F32), and stores it.</summary>
    public static void Write(Span<byte> bytes, int index, TensorDataType type, double value)
    {
        switch (type)
        {
            case TensorDataType.F64:
                BinaryPrimitives.WriteDoubleLittleEndian(bytes[(8 * index)..], value);
                break;
            case TensorDataType.F32:
                BinaryPrimitives.WriteSingleLittleEndian(bytes[(4 * index)..], (float)value);
                break;
            case TensorDataType.F16:
                BinaryPrimitives.WriteHalfLittleEndian(bytes[(2 * index)..], (Half)value);
                break;
            case TensorDataType.BF16:
                BinaryPrimitives.WriteUInt16LittleEndian(bytes[(2 * index)..], ToBFloat16((float)value));
                break;
            default:
                throw NoFloat(type);
        }
    }

    private static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        // Adding half of the last kept bit must not carry a NaN into infinity.
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private static ArgumentOutOfRangeException NoFloat(TensorDataType type) => new(nameof(type), type, "No floating-point type.");
}
