using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>Rows of a ridge system that count alike.</summary>
/// <param name="Keys">Inputs of the weight, one a row [n, d], float64.</param>
/// <param name="Values">What it should give for them, one a row [n, m], float64; null for what W₀ gives.</param>
/// <param name="Weight">How much a row counts.</param>
public sealed record Constraints(Tensor Keys, Tensor? Values, double Weight)
{
    /// <summary>Where many keys share a value: for each key the number of its row in <see cref="Values"/> [n], int64, which then has fewer; null for one value a key.</summary>
    public Tensor? ValueRows { get; init; }

    /// <summary>How many keys there are.</summary>
    public long Count => Keys.shape[0];

    /// <summary>The values, one for each key [n, m]; null for what W₀ gives.</summary>
    public Tensor? ExpandedValues => ValueRows is { } rows ? Values!.index_select(0, rows) : Values;

    /// <summary>
    /// The rows' numbers in their own order, by keys and then by values. Sums of floating-point numbers depend on their order; taken in this
    /// one, they do not depend on that of a policy's concepts.
    /// </summary>
    internal long[] CanonicalOrder()
    {
        using var scope = NewDisposeScope();
        var order = new long[checked((int)Count)];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        if (order.Length < 2) return order;
        var (keys, values) = (Keys.contiguous(), Values?.contiguous());
        var valueRows = ValueRows?.data<long>().ToArray();
        // The first element nearly always decides; asking a tensor for its memory takes longer than comparing.
        double[] lead = [.. Row(keys[TensorIndex.Colon, 0].contiguous().unsqueeze(0), 0)];
        Array.Sort(order, (a, b) => lead[a].CompareTo(lead[b]) is not 0 and var first ? first : Row(keys, a).SequenceCompareTo(Row(keys, b)) is not 0 and var key ? key : CompareValues(a, b));
        return order;

        int CompareValues(long a, long b) => values is null ? 0 : Row(values, valueRows?[a] ?? a).SequenceCompareTo(Row(values, valueRows?[b] ?? b));
    }

    /// <summary>The same rows in another order.</summary>
    internal Constraints InOrder(long[] order)
    {
        var index = tensor(order, dtype: ScalarType.Int64);
        var valueIndex = ValueRows is { } rows ? rows.index_select(0, index) : index;
        return new Constraints(Keys.index_select(0, index), Values?.index_select(0, valueIndex), Weight);
    }

    /// <summary>A row of a contiguous matrix, in the tensor's own memory: copies of some thousand would count.</summary>
    internal static ReadOnlySpan<double> Row(Tensor x, long row) => MemoryMarshal.Cast<byte, double>(x.bytes).Slice(checked((int)(row * x.shape[1])), checked((int)x.shape[1]));
}
