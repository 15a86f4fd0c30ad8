using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelGuard.Diffusion.Blocks;

/// <summary>
/// The attention of four queries: scores, softmax and weighted sum of the values. Vectors hold 16 numbers whatever the processor has, so that all
/// compute the same sums in the same order. NaN and infinities come out as NaN, as they do from LibTorch.
/// </summary>
internal static unsafe class AttentionTile
{
    /// <summary>Queries of a tile: with four, sums and operands just fit the 32 vector registers.</summary>
    public const int Queries = 4;

    /// <summary>Columns of the values that are summed together; the width of a head must be a multiple.</summary>
    public const int Columns = 4;

    /// <summary>Tokens that are taken together.</summary>
    public const int Step = 2 * Lanes;

    /// <summary>Alignment of the scratch memory, in bytes.</summary>
    public const int Alignment = Lanes * sizeof(float);

    private const int Lanes = 16;

    /// <summary>The score of a token that is none: far below any other, and no infinity, whose differences would be NaN.</summary>
    private const float Nothing = -1e30f;

    /// <summary>Attention of the queries in <paramref name="scratch"/>; the first <paramref name="count"/> are written, [count, d].</summary>
    public static void Compute(HeadScratch scratch, float* output, nint row, int count)
    {
        var length = scratch.Length;
        var maxima = Score(scratch.Keys, scratch.Queries, scratch.Scores, scratch.Width, length, scratch.Context);
        var sums = Vector128.Create(
            Exponentiate(scratch.Scores, length, maxima[0]),
            Exponentiate(scratch.Scores + length, length, maxima[1]),
            Exponentiate(scratch.Scores + (2 * length), length, maxima[2]),
            Exponentiate(scratch.Scores + (3 * length), length, maxima[3]));
        for (nint column = 0; column < scratch.Width; column += Columns)
            Sum(scratch.Values + (column * length), scratch.Scores, length, output + column, row, count, Vector128<float>.One / sums);
    }

    /// <summary>[4, length] products of queries and keys, and the largest of each row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Vector128<float> Score(float* keys, float* queries, float* scores, nint width, nint length, nint context)
    {
        var nothing = Vector512.Create(Nothing);
        Vector512<float> m0 = nothing, m1 = nothing, m2 = nothing, m3 = nothing;
        for (nint token = 0; token < length; token += Step)
        {
            Vector512<float> a0 = default, b0 = default, a1 = default, b1 = default, a2 = default, b2 = default, a3 = default, b3 = default;
            var key = keys + token;
            for (nint column = 0; column < width; column++, key += length)
            {
                var (a, b) = (Vector512.Load(key), Vector512.Load(key + Lanes));
                var q = Vector512.Create(queries[column]);
                (a0, b0) = (Vector512.FusedMultiplyAdd(q, a, a0), Vector512.FusedMultiplyAdd(q, b, b0));
                q = Vector512.Create(queries[width + column]);
                (a1, b1) = (Vector512.FusedMultiplyAdd(q, a, a1), Vector512.FusedMultiplyAdd(q, b, b1));
                q = Vector512.Create(queries[(2 * width) + column]);
                (a2, b2) = (Vector512.FusedMultiplyAdd(q, a, a2), Vector512.FusedMultiplyAdd(q, b, b2));
                q = Vector512.Create(queries[(3 * width) + column]);
                (a3, b3) = (Vector512.FusedMultiplyAdd(q, a, a3), Vector512.FusedMultiplyAdd(q, b, b3));
            }

            if (token + Step > context)
            {
                var (isA, isB) = (Below(context - token), Below(context - token - Lanes));
                (a0, b0) = (Vector512.ConditionalSelect(isA, a0, nothing), Vector512.ConditionalSelect(isB, b0, nothing));
                (a1, b1) = (Vector512.ConditionalSelect(isA, a1, nothing), Vector512.ConditionalSelect(isB, b1, nothing));
                (a2, b2) = (Vector512.ConditionalSelect(isA, a2, nothing), Vector512.ConditionalSelect(isB, b2, nothing));
                (a3, b3) = (Vector512.ConditionalSelect(isA, a3, nothing), Vector512.ConditionalSelect(isB, b3, nothing));
            }

            m0 = Vector512.MaxNative(m0, Vector512.MaxNative(a0, b0));
            m1 = Vector512.MaxNative(m1, Vector512.MaxNative(a1, b1));
            m2 = Vector512.MaxNative(m2, Vector512.MaxNative(a2, b2));
            m3 = Vector512.MaxNative(m3, Vector512.MaxNative(a3, b3));
            var score = scores + token;
            Store(score, a0, b0);
            Store(score + length, a1, b1);
            Store(score + (2 * length), a2, b2);
            Store(score + (3 * length), a3, b3);
        }

        return Vector128.Create(Largest(m0), Largest(m1), Largest(m2), Largest(m3));
    }

    /// <summary>
    /// Replaces scores by 2^(score − maximum) and returns their sum. 2^x is 2^n · p(x − n) with n = x rounded, and p the polynomial of degree 5 of
    /// the least relative error (7.5e-8) on [−½, ½], found by Remez' exchange.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Exponentiate(float* scores, nint length, float maximum)
    {
        var (low, largest) = (Vector512.Create(-126f), Vector512.Create(maximum));
        Vector512<float> sumA = default, sumB = default;
        for (nint token = 0; token < length; token += Step)
        {
            // The order of the operands matters: the native maximum returns the second where one is NaN.
            var a = PowerOfTwo(Vector512.MaxNative(low, Vector512.Load(scores + token) - largest));
            var b = PowerOfTwo(Vector512.MaxNative(low, Vector512.Load(scores + token + Lanes) - largest));
            Store(scores + token, a, b);
            (sumA, sumB) = (sumA + a, sumB + b);
        }

        return Vector128.Sum(Folded(sumA + sumB));
    }

    /// <summary>2^x for −126 ≤ x ≤ 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> PowerOfTwo(Vector512<float> x)
    {
        // 1.5 · 2²³: added, it leaves no bits behind the point and puts the integer into the lowest ones.
        var rounder = Vector512.Create(12582912f);
        var whole = x + rounder;
        var rest = x - (whole - rounder);
        var p = Vector512.FusedMultiplyAdd(Vector512.Create(0.0013276472f), rest, Vector512.Create(0.009675541f));
        p = Vector512.FusedMultiplyAdd(p, rest, Vector512.Create(0.05550713f));
        p = Vector512.FusedMultiplyAdd(p, rest, Vector512.Create(0.24022120f));
        p = Vector512.FusedMultiplyAdd(p, rest, Vector512.Create(0.69314694f));
        p = Vector512.FusedMultiplyAdd(p, rest, Vector512.Create(1.0000001f));
        return (p.AsInt32() + (whole.AsInt32() << 23)).AsSingle();
    }

    /// <summary>Four columns of the weighted sum of the values, [4, length] weights and [4, length] values, for each query.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum(float* values, float* weights, nint length, float* output, nint row, int count, Vector128<float> factors)
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, d0 = default, d1 = default, d2 = default, d3 = default;
        for (nint token = 0; token < length; token += Lanes)
        {
            var value = values + token;
            var (v0, v1, v2, v3) = (Vector512.Load(value), Vector512.Load(value + length), Vector512.Load(value + (2 * length)), Vector512.Load(value + (3 * length)));
            var weight = weights + token;
            var p = Vector512.Load(weight);
            (a0, a1) = (Vector512.FusedMultiplyAdd(p, v0, a0), Vector512.FusedMultiplyAdd(p, v1, a1));
            (a2, a3) = (Vector512.FusedMultiplyAdd(p, v2, a2), Vector512.FusedMultiplyAdd(p, v3, a3));
            p = Vector512.Load(weight + length);
            (b0, b1) = (Vector512.FusedMultiplyAdd(p, v0, b0), Vector512.FusedMultiplyAdd(p, v1, b1));
            (b2, b3) = (Vector512.FusedMultiplyAdd(p, v2, b2), Vector512.FusedMultiplyAdd(p, v3, b3));
            p = Vector512.Load(weight + (2 * length));
            (c0, c1) = (Vector512.FusedMultiplyAdd(p, v0, c0), Vector512.FusedMultiplyAdd(p, v1, c1));
            (c2, c3) = (Vector512.FusedMultiplyAdd(p, v2, c2), Vector512.FusedMultiplyAdd(p, v3, c3));
            p = Vector512.Load(weight + (3 * length));
            (d0, d1) = (Vector512.FusedMultiplyAdd(p, v0, d0), Vector512.FusedMultiplyAdd(p, v1, d1));
            (d2, d3) = (Vector512.FusedMultiplyAdd(p, v2, d2), Vector512.FusedMultiplyAdd(p, v3, d3));
        }

        (Sums(a0, a1, a2, a3) * factors[0]).Store(output);
        if (count > 1) (Sums(b0, b1, b2, b3) * factors[1]).Store(output + row);
        if (count > 2) (Sums(c0, c1, c2, c3) * factors[2]).Store(output + (2 * row));
        if (count > 3) (Sums(d0, d1, d2, d3) * factors[3]).Store(output + (3 * row));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* at, Vector512<float> a, Vector512<float> b)
    {
        a.Store(at);
        b.Store(at + Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Below(nint count) => Vector512.LessThan(Vector512<float>.Indices, Vector512.Create((float)count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Sums(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d) =>
        Vector128.Create(Vector128.Sum(Folded(a)), Vector128.Sum(Folded(b)), Vector128.Sum(Folded(c)), Vector128.Sum(Folded(d)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Folded(Vector512<float> x)
    {
        var half = x.GetLower() + x.GetUpper();
        return half.GetLower() + half.GetUpper();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest(Vector512<float> x)
    {
        var half = Vector256.MaxNative(x.GetLower(), x.GetUpper());
        var quarter = Vector128.MaxNative(half.GetLower(), half.GetUpper());
        quarter = Vector128.MaxNative(quarter, Vector128.Shuffle(quarter, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(quarter, Vector128.Shuffle(quarter, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }
}
