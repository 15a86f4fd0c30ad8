using CsCheck;
using ModelGuard.Diffusion.Blocks;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Blocks;

/// <summary>Against float64, on whatever vectors the processor has.</summary>
public sealed class NarrowHeadAttentionTests
{
    [Fact]
    public void Any_shape_gives_what_the_formula_gives_in_float64() =>
        Gen.Select(Gen.Long[1, 3], Gen.Long[1, 3], Gen.Long[1, 70], Gen.Long[1, 70], Gen.Long[1, 10], Gen.Double[0.1, 30]).Sample(
            (batch, heads, tokens, context, quarters, size) =>
            {
                using var scope = NewDisposeScope();
                using var noGrad = no_grad();
                var (q, k, v) = Inputs(batch, heads, tokens, context, 4 * quarters);
                var expected = Formula(q * size, k, v, heads);
                Assert.True(NarrowHeadAttention.Takes(q, k, v, heads));
                Assert.InRange((NarrowHeadAttention.Of(q * size, k, v, heads).to(float64) - expected).abs().max().item<double>(), 0, 2e-5 * (1 + (size / 10)));
            },
            iter: 200);

    [Fact]
    public void Self_attention_over_a_thousand_tokens_is_as_near_to_float64_as_LibTorch()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (q, k, v) = Inputs(2, 3, 1024, 1024, 8);
        var expected = Formula(q, k, v, 3);

        var own = (NarrowHeadAttention.Of(q, k, v, 3).to(float64) - expected).abs().max().item<double>();

        Assert.InRange(own, 0, 3e-7);
    }

    [Theory]
    [InlineData(float.NaN, 0)]
    [InlineData(float.NaN, 1)]
    [InlineData(float.NaN, 2)]
    [InlineData(float.PositiveInfinity, 0)]
    [InlineData(float.PositiveInfinity, 1)]
    [InlineData(float.PositiveInfinity, 2)]
    public void What_is_no_finite_number_comes_out_where_the_formula_has_none(float value, int which)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var token in (long[])[0, 15, 16, 31, 32, 36])
        {
            var (q, k, v) = Inputs(1, 1, 37, 37, 8);
            new[] { q, k, v }[which][0, token, 3] = value;

            var expected = Formula(q, k, v, 1).isfinite();

            Assert.False(expected.all().item<bool>());
            Assert.True(NarrowHeadAttention.Of(q, k, v, 1).isfinite().equal(expected).all().item<bool>());
        }
    }

    [Fact]
    public void A_row_does_not_depend_on_the_batch_nor_on_threads()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (q, k, v) = Inputs(3, 2, 50, 77, 16);
        var together = NarrowHeadAttention.Of(q, k, v, 2);
        var threads = get_num_threads();
        try
        {
            set_num_threads(1);
            for (var row = 0; row < 3; row++)
                Assert.True(together[row].equal(NarrowHeadAttention.Of(q[row..(row + 1)], k[row..(row + 1)], v[row..(row + 1)], 2)[0]).all().item<bool>());
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Fact]
    public void Tensors_that_are_views_are_read_in_their_own_order()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (q, k, v) = Inputs(2, 2, 40, 33, 8);
        var view = q.transpose(1, 2).contiguous().transpose(1, 2);

        Assert.False(view.is_contiguous());
        Assert.True(NarrowHeadAttention.Of(view, k, v, 2).equal(NarrowHeadAttention.Of(q, k, v, 2)).all().item<bool>());
    }

    [Fact]
    public void Gradients_other_types_and_odd_widths_are_left_to_LibTorch()
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = Inputs(1, 2, 8, 8, 8);
        var odd = randn([1, 8, 2 * 6]);

        Assert.True(NarrowHeadAttention.Takes(q, k, v, 2));
        Assert.False(NarrowHeadAttention.Takes(odd, odd, odd, 2));
        Assert.False(NarrowHeadAttention.Takes(q.to(float64), k.to(float64), v.to(float64), 2));
        Assert.False(NarrowHeadAttention.Takes(q, k.clone().requires_grad_(), v, 2));
        using var noGrad = no_grad();
        Assert.True(NarrowHeadAttention.Takes(q, k.clone().requires_grad_(), v, 2));
    }

    [Fact]
    public void Tensors_that_do_not_belong_together_are_left_to_LibTorch()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (q, k, v) = Inputs(2, 2, 8, 8, 8);

        Assert.True(NarrowHeadAttention.Takes(q, k, v, 2));
        Assert.False(NarrowHeadAttention.Takes(q, k[..1], v[..1], 2));
        Assert.False(NarrowHeadAttention.Takes(q, k, v[.., ..7], 2));
        Assert.False(NarrowHeadAttention.Takes(q, k[.., .., ..8], v[.., .., ..8], 2));
    }

    private static (Tensor Q, Tensor K, Tensor V) Inputs(long batch, long heads, long tokens, long context, long width)
    {
        using var generator = new Generator(7, CPU);
        Tensor Normal(long count) => randn([batch, count, heads * width], generator: generator);
        return (Normal(tokens), Normal(context), Normal(context));
    }

    private static Tensor Formula(Tensor queries, Tensor keys, Tensor values, long heads)
    {
        Tensor Split(Tensor x) => x.to(float64).view(x.shape[0], x.shape[1], heads, -1).transpose(1, 2);
        var (q, k, v) = (Split(queries), Split(keys), Split(values));
        return (q.matmul(k.transpose(2, 3)) / Math.Sqrt(q.shape[^1])).softmax(-1).matmul(v).transpose(1, 2).reshape(queries.shape);
    }
}
