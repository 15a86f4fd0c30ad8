using ModelGuard.Diffusion.Backend;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Backend;

[Collection(nameof(OneDnnSwitch))]
public sealed class ArithmeticSelfTestTests(OneDnnSwitch oneDnn) : IDisposable
{
    [Fact]
    public void It_finds_a_way_inside_the_callers_inference_mode()
    {
        using var inference = inference_mode();

        var report = ArithmeticSelfTest.Run();

        Assert.NotEqual(ConvolutionPath.None, report.Path);
    }

    [Theory]
    [InlineData(new[] { ConvolutionPath.Direct }, ConvolutionPath.Padded)]
    [InlineData(new[] { ConvolutionPath.Direct, ConvolutionPath.Padded }, ConvolutionPath.WithoutOneDnn)]
    [InlineData(new[] { ConvolutionPath.Direct, ConvolutionPath.Padded, ConvolutionPath.WithoutOneDnn }, ConvolutionPath.None)]
    public void The_first_way_that_is_right_is_taken(ConvolutionPath[] wrong, ConvolutionPath expected)
    {
        var report = ArithmeticSelfTest.Run(convolution: WrongOn(wrong));

        Assert.Equal(expected, report.Path);
        Assert.All(report.Cases.Where(c => c.Path == expected), c => Assert.InRange(c.RelativeError, 0, report.Tolerance));
        Assert.All(wrong, w => Assert.Contains(report.Cases, c => c.Path == w && c.RelativeError > report.Tolerance));
    }

    [Fact]
    public void A_way_that_gives_no_number_is_infinitely_wrong()
    {
        var report = ArithmeticSelfTest.Run(convolution: (path, x, weight, bias) => SafeConvolution.Conv2d(path, x, weight, bias, 1, 1) * (path == ConvolutionPath.Direct ? double.NaN : 1));

        Assert.NotEqual(ConvolutionPath.Direct, report.Path);
        Assert.All(report.Cases.Where(c => c.Path == ConvolutionPath.Direct), c => Assert.Equal(double.PositiveInfinity, c.RelativeError));
    }

    [Theory]
    [InlineData(ConvolutionPath.Padded)]
    [InlineData(ConvolutionPath.WithoutOneDnn)]
    public void A_way_that_is_asked_for_is_tested_and_taken_alone(ConvolutionPath path)
    {
        var report = ArithmeticSelfTest.Run(path);

        Assert.Equal(path, report.Path);
        Assert.NotEmpty(report.Cases);
        Assert.All(report.Cases, c => Assert.Equal(path, c.Path));
    }

    [Theory]
    [InlineData(ConvolutionPath.Direct, "direct")]
    [InlineData(ConvolutionPath.Padded, "padded")]
    [InlineData(ConvolutionPath.WithoutOneDnn, "without-onednn")]
    public void A_way_that_is_asked_for_and_wrong_is_refused(ConvolutionPath path, string name)
    {
        var error = Assert.Throws<BackendException>(() => ArithmeticSelfTest.Run(path, WrongOn(path)));

        Assert.Equal("MG0003", error.Code);
        Assert.StartsWith($"The environment variable MODELGUARD_CONVOLUTIONS asks for '{name}', but that way gives wrong numbers on this processor ({path}: worst relative error ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("; 1e-5 is allowed). Unset it, and the self-test takes a way that is right.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bfloat16_is_tested_on_its_own_with_its_own_rounding()
    {
        var report = ArithmeticSelfTest.Run(type: ScalarType.BFloat16);

        Assert.NotEqual(ConvolutionPath.None, report.Path);
        Assert.Contains(report.Cases, c => c.Case == "conv 3x3 512→8 bfloat16 forward");
        Assert.All(report.Cases.Where(c => c.Path == report.Path), c => Assert.InRange(c.RelativeError, 1e-4, report.Tolerance));
    }

    [Theory]
    [InlineData(new[] { ConvolutionPath.Direct }, ConvolutionPath.Padded)]
    [InlineData(new[] { ConvolutionPath.Direct, ConvolutionPath.Padded, ConvolutionPath.WithoutOneDnn }, ConvolutionPath.None)]
    public void The_first_way_that_is_right_in_bfloat16_is_taken(ConvolutionPath[] wrong, ConvolutionPath expected)
    {
        // What was seen: few output channels, and far off.
        var report = ArithmeticSelfTest.Run(type: ScalarType.BFloat16, convolution: (path, x, weight, bias) =>
        {
            var output = SafeConvolution.Conv2d(path, x, weight, bias, 1, 1);
            return wrong.Contains(path) && weight.shape[0] < 16 ? output * 1.3 : output;
        });

        Assert.Equal(expected, report.Path);
    }

    public void Dispose() => oneDnn.Restore();

    // One percent off: far above rounding, and nothing that a look at pictures would show.
    private static ArithmeticSelfTest.Convolution WrongOn(params ConvolutionPath[] wrong) => (path, x, weight, bias) =>
    {
        var output = SafeConvolution.Conv2d(path, x, weight, bias, 1, 1);
        return x.dtype == ScalarType.Float32 && wrong.Contains(path) ? output * 1.01 : output;
    };
}
