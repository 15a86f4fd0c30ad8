using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>
/// All that a ridge system needs to know of its rows, whatever their number: with tens of thousands, one product takes the time, and that of
/// keys with keys is the only one here.
/// </summary>
/// <param name="Gram">G = Σ k kᵀ [d, d].</param>
/// <param name="Cross">M = Σ k vᵀ [d, m].</param>
/// <param name="Square">Σ ‖v‖².</param>
internal sealed record RidgeMoments(Tensor Gram, Tensor Cross, double Square)
{
    // Rows that are multiplied together.
    private const int Block = 1024;

    /// <summary>Moments of rows, summed in their canonical order, block by block, so that no copy of all of them is made.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="weight">W₀ [m, d].</param>
    public static RidgeMoments Of(Constraints rows, Tensor weight)
    {
        using var scope = NewDisposeScope();
        var (outputs, width) = (weight.shape[0], weight.shape[1]);
        var order = rows.CanonicalOrder();
        var gram = zeros([width, width], dtype: ScalarType.Float64);
        // Keys with one value are added up before they meet it.
        var own = rows.ValueRows is null ? rows.Values?.contiguous() : null;
        var shared = rows.ValueRows is null ? null : rows.Values;
        var cross = own is null ? null : zeros([width, outputs], dtype: ScalarType.Float64);
        var sums = shared is null ? null : zeros([shared.shape[0], width], dtype: ScalarType.Float64);
        var square = 0.0;
        var (keys, block) = (rows.Keys.contiguous(), empty([Math.Min(Block, order.Length), width], dtype: ScalarType.Float64));
        var values = own is null ? null : empty([block.shape[0], outputs], dtype: ScalarType.Float64);
        foreach (var chunk in order.Chunk(Block))
        {
            using var batch = NewDisposeScope();
            var k = Gather(keys, chunk, block);
            gram.addmm_(k.t(), k, 1, 1);
            if (own is not null)
            {
                var v = Gather(own, chunk, values!);
                cross!.addmm_(k.t(), v, 1, 1);
                square += v.square().sum().item<double>();
            }

            sums?.index_add_(0, rows.ValueRows!.index_select(0, tensor(chunk)), k, 1);
        }

        if (shared is not null)
        {
            cross = matmul(sums!.t(), shared);
            square = shared.square().sum(1).index_select(0, rows.ValueRows!).sum().item<double>();
        }
        else if (own is null)
        {
            cross = matmul(gram, weight.t());
            square = matmul(weight, gram).mul_(weight).sum().item<double>();
        }

        return new RidgeMoments(gram.MoveToOuterDisposeScope(), cross!.MoveToOuterDisposeScope(), square);
    }

    /// <summary>Σ k (v − W₀ k)ᵀ [d, m]: what is to be added, along the keys.</summary>
    public Tensor Missing(Tensor weight) => addmm(Cross, Gram, weight.t(), 1, -1);

    /// <summary>‖W K − V‖² ÷ ‖V‖²; null where so little of it is left that only the rows themselves can tell.</summary>
    public double? SquaredResidual(Tensor weight)
    {
        using var scope = NewDisposeScope();
        var got = matmul(weight, Gram).mul_(weight).sum().item<double>();
        var met = (Cross * weight.t()).sum().item<double>();
        var rest = (got - (2 * met) + Square) / Square;
        return rest > 1e-8 ? rest : null;
    }

    private static Tensor Gather(Tensor from, long[] rows, Tensor into)
    {
        var target = MemoryMarshal.Cast<byte, double>(into.bytes);
        for (var i = 0; i < rows.Length; i++) Constraints.Row(from, rows[i]).CopyTo(target[(int)(i * from.shape[1])..]);
        return into.narrow(0, 0, rows.Length);
    }
}
