using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Backend;

/// <summary>
/// Compares a few convolutions, forward and gradient, with float64. Current oneDNN kernels give wrong numbers for channel counts that are
/// no multiple of 16 on some AVX-512 processors, only with a batch above one, and silently.
/// </summary>
internal static class ArithmeticSelfTest
{
    private const double Tolerance = 1e-5;

    // Input and output channels: the tails that were seen wrong (forward, then gradient), and the plain case.
    private static readonly (long In, long Out)[] Shapes = [(16, 16), (24, 24), (40, 40), (17, 33), (48, 4), (128, 3)];

    public static ArithmeticReport Run()
    {
        // The first convolution may come inside the caller's inference mode, which records no gradients even where they are enabled.
        using var recording = inference_mode(false);
        var cases = new List<ArithmeticCase>();
        if (Try(ConvolutionPath.Direct, cases)) return Report(ConvolutionPath.Direct);
        if (Try(ConvolutionPath.Padded, cases)) return Report(ConvolutionPath.Padded);
        if (AtenContext.SetOneDnn(false) && Try(ConvolutionPath.WithoutOneDnn, cases)) return Report(ConvolutionPath.WithoutOneDnn);
        return Report(ConvolutionPath.None);

        ArithmeticReport Report(ConvolutionPath path) => new(path, Tolerance, [.. cases]);
    }

    private static bool Try(ConvolutionPath path, List<ArithmeticCase> cases)
    {
        var before = cases.Count;
        foreach (var (channelsIn, channelsOut) in Shapes)
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator(7, CPU);
            var x = randn([3, channelsIn, 12, 12], generator: generator);
            var weight = randn([channelsOut, channelsIn, 3, 3], generator: generator);
            var bias = randn([channelsOut], generator: generator);
            var name = FormattableString.Invariant($"conv 3x3 {channelsIn}→{channelsOut}");
            var (forward, gradient) = Compute(path, x, weight, bias);
            var (exactForward, exactGradient) = Compute(ConvolutionPath.Direct, x.to(float64), weight.to(float64), bias.to(float64));
            cases.Add(new ArithmeticCase($"{name} forward", path, RelativeError(forward, exactForward)));
            cases.Add(new ArithmeticCase($"{name} gradient", path, RelativeError(gradient, exactGradient)));
        }

        return cases.Skip(before).All(c => c.RelativeError <= Tolerance);
    }

    private static (Tensor Forward, Tensor Gradient) Compute(ConvolutionPath path, Tensor x, Tensor weight, Tensor bias)
    {
        using var grad = enable_grad();
        var input = x.detach().clone().requires_grad_(true);
        var output = SafeConvolution.Conv2d(path, input, weight, bias, 1, 1);
        output.square().sum().backward();
        return (output.detach(), input.grad!);
    }

    private static double RelativeError(Tensor actual, Tensor expected)
    {
        var error = ((actual.to(float64) - expected).abs().max() / expected.abs().max()).item<double>();
        return double.IsNaN(error) ? double.PositiveInfinity : error;
    }
}
