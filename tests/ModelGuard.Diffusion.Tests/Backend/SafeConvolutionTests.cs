using ModelGuard.Diffusion.Backend;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Backend;

/// <summary>Every way but LibTorch's own has to be right on every processor: forward and all gradients against float64.</summary>
[Collection(nameof(OneDnnSwitch))]
public sealed class SafeConvolutionTests(OneDnnSwitch oneDnn) : IDisposable
{
    private const double Tolerance = 1e-5;

    private static readonly (long In, long Out)[] Channels =
    [
        (1, 1), (3, 16), (3, 128), (4, 32), (4, 320), (8, 8), (15, 17), (16, 16), (17, 33), (20, 20), (24, 24), (31, 31), (32, 3), (33, 16), (40, 40),
        (48, 4), (48, 8), (48, 48), (56, 24), (72, 40), (100, 4), (128, 3),
    ];

    // Downsamplers, projections, the VAE's downsampler (which pads by itself), CLIP's patches.
    private static readonly (long Kernel, long Stride, long Padding)[] OtherForms = [(3, 2, 1), (1, 1, 0), (3, 2, 0), (4, 4, 0)];

    public static TheoryData<ConvolutionPath, long, long> Cases() =>
        [.. from path in new[] { ConvolutionPath.Padded, ConvolutionPath.WithoutOneDnn } from channels in Channels select (path, channels.In, channels.Out)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void It_is_right_in_batches_of_4_at_16_by_16(ConvolutionPath path, long channelsIn, long channelsOut)
    {
        AssertRight(path, channelsIn, channelsOut, (3, 1, 1));
    }

    [Theory]
    [InlineData(ConvolutionPath.Padded)]
    [InlineData(ConvolutionPath.WithoutOneDnn)]
    public void It_is_right_for_every_kernel_and_stride_of_the_networks(ConvolutionPath path)
    {
        foreach (var form in OtherForms)
        {
            AssertRight(path, 17, 33, form);
            AssertRight(path, 24, 24, form);
            AssertRight(path, 3, 40, form, hasBias: false);
        }
    }

    [Theory]
    [InlineData(128, 3)]
    [InlineData(512, 8)]
    [InlineData(320, 4)]
    [InlineData(4, 320)]
    [InlineData(24, 24)]
    [InlineData(17, 33)]
    public void Padding_is_right_in_bfloat16_too(long channelsIn, long channelsOut)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        var (x, weight, bias) = (Random(4, channelsIn, 16, 16), Random(channelsOut, channelsIn, 3, 3), Random(channelsOut));

        var actual = SafeConvolution.Conv2d(ConvolutionPath.Padded, x, weight, bias, 1, 1);

        var expected = SafeConvolution.Conv2d(ConvolutionPath.Direct, x.to(ScalarType.Float64), weight.to(ScalarType.Float64), bias.to(ScalarType.Float64), 1, 1);
        Assert.Equal(ScalarType.BFloat16, actual.dtype);
        Assert.InRange(((actual.to(ScalarType.Float64) - expected).abs().max() / expected.abs().max()).item<double>(), 0, 1.0 / 128);

        Tensor Random(params long[] shape) => randn(shape, generator: generator).to(ScalarType.BFloat16);
    }

    [Fact]
    public void Padding_leaves_multiples_of_16_and_1_by_1_kernels_bit_for_bit_alone()
    {
        using var scope = NewDisposeScope();
        foreach (var (channelsIn, channelsOut, kernel) in new[] { (32L, 48L, 3L), (4L, 32L, 3L), (24L, 40L, 1L) })
        {
            var (x, weight) = (randn([2, channelsIn, 8, 8]), randn([channelsOut, channelsIn, kernel, kernel]));

            Assert.Equal(SafeConvolution.Conv2d(ConvolutionPath.Direct, x, weight, null, 1, 0).data<float>().ToArray(), SafeConvolution.Conv2d(ConvolutionPath.Padded, x, weight, null, 1, 0).data<float>().ToArray());
        }
    }

    public void Dispose() => oneDnn.Restore();

    private static void AssertRight(ConvolutionPath path, long channelsIn, long channelsOut, (long Kernel, long Stride, long Padding) form, bool hasBias = true)
    {
        if (path == ConvolutionPath.WithoutOneDnn) Assert.SkipUnless(AtenContext.SetOneDnn(false), "oneDNN cannot be switched off on this system.");
        using var scope = NewDisposeScope();
        using var generator = new Generator(unchecked((ulong)((channelsIn * 1000) + channelsOut)), CPU);
        var x = randn([4, channelsIn, 16, 16], generator: generator);
        var weight = randn([channelsOut, channelsIn, form.Kernel, form.Kernel], generator: generator);
        var bias = hasBias ? randn([channelsOut], generator: generator) : null;
        var actual = Compute(path, x, weight, bias, form.Stride, form.Padding, ScalarType.Float32);
        foreach (var (name, expected) in Compute(ConvolutionPath.Direct, x, weight, bias, form.Stride, form.Padding, ScalarType.Float64))
        {
            Assert.Equal(expected.shape, actual[name].shape);
            var error = ((actual[name].to(ScalarType.Float64) - expected).abs().max() / expected.abs().max()).item<double>();
            Assert.True(error <= Tolerance, FormattableString.Invariant($"{path}, {form} {channelsIn}→{channelsOut}, {name}: relative error {error:0.0e+0}"));
        }
    }

    private static Dictionary<string, Tensor> Compute(ConvolutionPath path, Tensor x, Tensor weight, Tensor? bias, long stride, long padding, ScalarType type)
    {
        using var recording = enable_grad();
        Tensor Leaf(Tensor t) => t.to(type).detach().clone().requires_grad_(true);
        var (input, kernel, offset) = (Leaf(x), Leaf(weight), bias is null ? null : Leaf(bias));
        var output = SafeConvolution.Conv2d(path, input, kernel, offset, stride, padding);
        output.square().sum().backward();
        var result = new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["forward"] = output.detach(), ["gradient of the input"] = input.grad!, ["gradient of the weight"] = kernel.grad! };
        if (offset is not null) result["gradient of the bias"] = offset.grad!;
        return result;
    }
}
