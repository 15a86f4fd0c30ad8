using ModelGuard.Diffusion.Blocks;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Blocks;

public sealed class AttentionTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(12)]
    [InlineData(16)]
    [InlineData(40)]
    public void Heads_of_any_width_attend_as_the_formula_says_and_pass_gradients_on(long width)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        const long Heads = 2, Tokens = 9, ContextTokens = 5, ContextWidth = 6;
        var attention = new Attention(Heads * width, ContextWidth, Heads, hasBias: false).to(ScalarType.Float64);
        using var noGrad = no_grad();
        foreach (var parameter in attention.parameters()) parameter.copy_(randn(parameter.shape, dtype: ScalarType.Float64, generator: generator));
        var hidden = randn([3, Tokens, Heads * width], dtype: ScalarType.Float64, generator: generator);
        var context = randn([3, ContextTokens, ContextWidth], dtype: ScalarType.Float64, generator: generator);

        var (output, gradient) = WithGradient(x => attention.call(x, context), hidden);
        var (expected, expectedGradient) = WithGradient(x => Formula(attention, x, context, Heads), hidden);

        Assert.InRange(((output - expected).abs().max() / expected.abs().max()).item<double>(), 0, 1e-13);
        Assert.InRange(((gradient - expectedGradient).abs().max() / expectedGradient.abs().max()).item<double>(), 0, 1e-12);
    }

    private static (Tensor Output, Tensor Gradient) WithGradient(Func<Tensor, Tensor> act, Tensor input)
    {
        using var grad = enable_grad();
        var x = input.clone().requires_grad_();
        var output = act(x);
        output.square().sum().backward();
        return (output.detach(), x.grad!);
    }

    private static Tensor Formula(Attention attention, Tensor hidden, Tensor context, long heads)
    {
        var weights = attention.named_parameters().ToDictionary(p => p.name, p => (Tensor)p.parameter, StringComparer.Ordinal);
        Tensor Split(Tensor x) => x.view(x.shape[0], x.shape[1], heads, -1).transpose(1, 2);
        var (q, k, v) = (Split(hidden.matmul(weights["to_q.weight"].t())), Split(context.matmul(weights["to_k.weight"].t())), Split(context.matmul(weights["to_v.weight"].t())));
        var shares = (q.matmul(k.transpose(2, 3)) / Math.Sqrt(q.shape[^1])).softmax(-1);
        return shares.matmul(v).transpose(1, 2).reshape(hidden.shape).matmul(weights["to_out.0.weight"].t()) + weights["to_out.0.bias"];
    }
}
