using System.Buffers.Binary;
using System.Collections.Immutable;

namespace ModelGuard.Fuzzing.Containers;

/// <summary>A safetensors file as its header and its data: the length before the header stays right.</summary>
internal sealed class SafetensorsParts : IContainer
{
    public ImmutableArray<byte[]> Split(byte[] input) => input.Length >= 8 && BinaryPrimitives.ReadUInt64LittleEndian(input) is var length && length <= (ulong)input.Length - 8
        ? [input[8..(8 + (int)length)], input[(8 + (int)length)..]]
        : [input];

    public byte[] Join(ImmutableArray<byte[]> parts)
    {
        if (parts is not [var header, var data]) return parts[0];
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. data];
    }
}
