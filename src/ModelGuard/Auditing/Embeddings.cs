using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace ModelGuard.Auditing;

/// <summary>Unit vectors of a scorer, a row for each picture or text. A row serves every comparison, so other texts need no pictures.</summary>
/// <param name="Width">Numbers in a row.</param>
/// <param name="Values">The rows, one after another.</param>
public sealed record Embeddings(int Width, ImmutableArray<float> Values)
{
    /// <summary>Number of rows.</summary>
    public int Count => Values.Length / Width;

    /// <summary>Raw cosines of pictures (rows of the result) with texts (columns): summed in float64 in a fixed order, so they depend on nothing but the two rows.</summary>
    public static ImmutableArray<ImmutableArray<double>> Cosines(Embeddings pictures, Embeddings texts) =>
        [.. Enumerable.Range(0, pictures.Count).Select(p => Enumerable.Range(0, texts.Count).Select(t => Cosine(pictures.Row(p), texts.Row(t))).ToImmutableArray())];

    /// <summary>1 − cosine of each row with the same row of another: exactly 0 for equal rows.</summary>
    public static ImmutableArray<double> Distances(Embeddings first, Embeddings second) =>
        [.. Enumerable.Range(0, first.Count).Select(i => 1 - (Cosine(first.Row(i), second.Row(i)) / Math.Sqrt(Cosine(first.Row(i), first.Row(i)) * Cosine(second.Row(i), second.Row(i)))))];

    /// <summary>The numbers as bytes, little endian.</summary>
    internal ReadOnlySpan<byte> ToBytes() => MemoryMarshal.AsBytes(Values.AsSpan());

    /// <summary>A number of rows from their bytes; null for bytes that are no such rows.</summary>
    internal static Embeddings? FromBytes(ReadOnlySpan<byte> bytes, int rows) => bytes.Length > 0 && bytes.Length % (rows * sizeof(float)) == 0
        ? new Embeddings(bytes.Length / (rows * sizeof(float)), [.. MemoryMarshal.Cast<byte, float>(bytes)])
        : null;

    private static double Cosine(ReadOnlySpan<float> picture, ReadOnlySpan<float> text)
    {
        var sum = 0.0;
        for (var i = 0; i < picture.Length; i++) sum += (double)picture[i] * text[i];
        return sum;
    }

    private ReadOnlySpan<float> Row(int row) => Values.AsSpan(row * Width, Width);
}
