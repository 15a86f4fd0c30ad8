using System.Runtime.InteropServices;

namespace ModelGuard.Diffusion.Blocks;

/// <summary>
/// Memory of one thread for one head: keys and values, transposed, so that a vector holds one column of many tokens, and the scores of a tile of
/// queries. Rows are filled up with zeros to a multiple of <see cref="AttentionTile.Step"/>.
/// </summary>
internal sealed unsafe class HeadScratch : IDisposable
{
    // Powers of two are cheaper than powers of e.
    private readonly float scale;
    private float* memory;

    /// <summary>Memory for heads of this width over so many tokens of context.</summary>
    public HeadScratch(int context, int width)
    {
        (Context, Width, Length) = (context, width, (context + AttentionTile.Step - 1) / AttentionTile.Step * AttentionTile.Step);
        scale = (float)(1 / (Math.Log(2) * Math.Sqrt(width)));
        var numbers = (Length * ((2 * width) + AttentionTile.Queries)) + (AttentionTile.Queries * width);
        memory = (float*)NativeMemory.AlignedAlloc((nuint)(numbers * sizeof(float)), AttentionTile.Alignment);
        Keys = memory;
        Values = Keys + (Length * width);
        Scores = Values + (Length * width);
        Queries = Scores + (Length * AttentionTile.Queries);
    }

    /// <summary>Tokens of the context.</summary>
    public int Context { get; }

    /// <summary>Width of the head, d.</summary>
    public nint Width { get; }

    /// <summary>Numbers in a row of keys, values and scores: the tokens of the context, filled up.</summary>
    public nint Length { get; }

    /// <summary>[d, length].</summary>
    public float* Keys { get; }

    /// <summary>[d, length].</summary>
    public float* Values { get; }

    /// <summary>[queries, length].</summary>
    public float* Scores { get; }

    /// <summary>[queries, d], times log₂(e) / √d.</summary>
    public float* Queries { get; }

    /// <summary>Takes keys and values, [context, d] with <paramref name="row"/> numbers from one token to the next.</summary>
    public void Transpose(float* keys, float* values, nint row)
    {
        for (nint token = 0; token < Context; token++, keys += row, values += row)
        {
            for (nint column = 0; column < Width; column++)
            {
                Keys[(column * Length) + token] = keys[column];
                Values[(column * Length) + token] = values[column];
            }
        }

        for (nint column = 0; column < Width; column++)
        {
            new Span<float>(Keys + (column * Length) + Context, (int)Length - Context).Clear();
            new Span<float>(Values + (column * Length) + Context, (int)Length - Context).Clear();
        }
    }

    /// <summary>Takes <paramref name="count"/> queries, [count, d]; the last stands for those that are missing.</summary>
    public void TakeQueries(float* queries, int count, nint row)
    {
        for (var i = 0; i < AttentionTile.Queries; i++)
        {
            var query = queries + (Math.Min(i, count - 1) * row);
            for (nint column = 0; column < Width; column++) Queries[(i * Width) + column] = query[column] * scale;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        NativeMemory.AlignedFree(memory);
        memory = null;
    }
}
