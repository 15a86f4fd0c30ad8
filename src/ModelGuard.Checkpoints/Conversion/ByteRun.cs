using System.Buffers;

namespace ModelGuard.Checkpoints.Conversion;

/// <summary>A run of bytes in a tensor of a file, or the transpose of a whole matrix.</summary>
/// <param name="File">The file.</param>
/// <param name="Stored">The tensor of the file.</param>
/// <param name="Start">Where it begins, from the start of the tensor.</param>
/// <param name="ByteLength">How many bytes it has.</param>
/// <param name="IsTransposed">Whether the stored matrix is written column by column.</param>
internal sealed record ByteRun(SafetensorsFile File, TensorInfo Stored, long Start, long ByteLength, bool IsTransposed)
{
    private const int Piece = 4 << 20;

    /// <summary>A whole tensor.</summary>
    public static ByteRun Of(SafetensorsFile file, TensorInfo info) => new(file, info, 0, info.ByteLength, IsTransposed: false);

    /// <summary>A network's tensor in the reference's order of elements, or transposed once more.</summary>
    public static ByteRun Of(WeightTensor weight, bool isTransposed = false) => new(weight.File, weight.Stored, weight.Start, weight.ByteLength, weight.IsTransposed != isTransposed);

    /// <summary>Copies it piece by piece, past the map, which would grow to the size of the file.</summary>
    public void CopyTo(Stream target, Action<long> copied, CancellationToken cancellation)
    {
        if (IsTransposed)
        {
            target.Write(Transpose());
            copied(ByteLength);
            return;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        for (long done = 0; done < ByteLength;)
        {
            cancellation.ThrowIfCancellationRequested();
            var piece = buffer.AsSpan(0, (int)Math.Min(Piece, ByteLength - done));
            File.Read(Stored, Start + done, piece);
            target.Write(piece);
            done += piece.Length;
            copied(piece.Length);
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    // Only projections of text encoders are transposed; they have some megabytes.
    private byte[] Transpose()
    {
        var bytes = File.GetBytes(Stored, Start, ByteLength);
        var (rows, columns, size) = (checked((int)Stored.Shape[0]), checked((int)Stored.Shape[1]), Stored.DataType.SizeInBytes());
        var result = new byte[bytes.Length];
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                var (from, to) = (((long)row * columns) + column, ((long)column * rows) + row);
                bytes.Slice((int)(from * size), size).CopyTo(result.AsSpan((int)(to * size), size));
            }
        }

        return result;
    }
}
