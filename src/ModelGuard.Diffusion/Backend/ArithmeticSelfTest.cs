using System.Globalization;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Backend;

/// <summary>
/// Compares a few convolutions, forward and gradient, with float64. Current oneDNN kernels give wrong numbers for channel counts that are
/// no multiple of 16 on some AVX-512 processors, only with a batch above one, and silently. In bfloat16, which is for making pictures only,
/// the forward pass is compared: with what float64 makes of the same rounded numbers.
/// </summary>
internal static class ArithmeticSelfTest
{
    private const double Tolerance = 1e-5;

    // Twice the rounding of one result; wrong kernels are off by 0.1 and more.
    private const double BFloat16Tolerance = 1.0 / 128;

    private static readonly ConvolutionPath[] Ways = [ConvolutionPath.Direct, ConvolutionPath.Padded, ConvolutionPath.WithoutOneDnn];

    // Input and output channels: the tails that were seen wrong (forward, then gradient), and the plain case.
    private static readonly (long In, long Out)[] Shapes = [(16, 16), (24, 24), (40, 40), (17, 33), (48, 4), (128, 3)];

    // The VAE's last convolutions, seen wrong in this type only.
    private static readonly (long In, long Out)[] BFloat16Shapes = [.. Shapes, (320, 4), (512, 8)];

    /// <summary>A convolution of the given way: input, weight, bias; padding 1.</summary>
    public delegate Tensor Convolution(ConvolutionPath path, Tensor x, Tensor weight, Tensor bias);

    /// <summary>Tries the ways in the order of their speed, or only the one that is asked for.</summary>
    /// <exception cref="BackendException">MG0003 when the way that is asked for gives wrong numbers or cannot be taken here.</exception>
    public static ArithmeticReport Run(ConvolutionPath? requested = null, Convolution? convolution = null, ScalarType type = ScalarType.Float32)
    {
        // The first convolution may come inside the caller's inference mode, which records no gradients even where they are enabled.
        using var recording = inference_mode(false);
        var compute = convolution ?? ((path, x, weight, bias) => SafeConvolution.Conv2d(path, x, weight, bias, 1, 1));
        var cases = new List<ArithmeticCase>();
        foreach (var path in requested is { } only ? [only] : Ways)
        {
            if (path == ConvolutionPath.WithoutOneDnn && !AtenContext.SetOneDnn(false)) continue;
            if (Try(path, compute, cases, type)) return Report(path);
        }

        return requested is { } refused ? throw Refusal(refused, Report(ConvolutionPath.None)) : Report(ConvolutionPath.None);

        ArithmeticReport Report(ConvolutionPath path) => new(path, ToleranceOf(type), [.. cases]);
    }

    private static BackendException Refusal(ConvolutionPath path, ArithmeticReport report)
    {
        var why = report.Cases.Length > 0
            ? $"that way gives wrong numbers on this processor ({report.Summary}; {report.Tolerance.ToString("0e+0", CultureInfo.InvariantCulture)} is allowed)"
            : "oneDNN cannot be switched off in this LibTorch";
        return new BackendException("MG0003", $"The environment variable {ConvolutionChoice.Variable} asks for '{ConvolutionChoice.Name(path)}', but {why}. Unset it, and the self-test takes a way that is right.");
    }

    private static double ToleranceOf(ScalarType type) => type == ScalarType.BFloat16 ? BFloat16Tolerance : Tolerance;

    private static bool Try(ConvolutionPath path, Convolution compute, List<ArithmeticCase> cases, ScalarType type)
    {
        var before = cases.Count;
        foreach (var (channelsIn, channelsOut) in type == ScalarType.BFloat16 ? BFloat16Shapes : Shapes)
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator(7, CPU);
            var x = randn([3, channelsIn, 12, 12], generator: generator).to(type);
            var weight = randn([channelsOut, channelsIn, 3, 3], generator: generator).to(type);
            var bias = randn([channelsOut], generator: generator).to(type);
            var name = FormattableString.Invariant($"conv 3x3 {channelsIn}→{channelsOut}");
            if (type == ScalarType.BFloat16)
            {
                using var inference = no_grad();
                cases.Add(new ArithmeticCase($"{name} bfloat16 forward", path, RelativeError(compute(path, x, weight, bias), Exact(path, x.to(float64), weight.to(float64), bias.to(float64)))));
                continue;
            }

            var (forward, gradient) = Compute(compute, path, x, weight, bias);
            var (exactForward, exactGradient) = Compute(Exact, ConvolutionPath.Direct, x.to(float64), weight.to(float64), bias.to(float64));
            cases.Add(new ArithmeticCase($"{name} forward", path, RelativeError(forward, exactForward)));
            cases.Add(new ArithmeticCase($"{name} gradient", path, RelativeError(gradient, exactGradient)));
        }

        return cases.Skip(before).All(c => c.RelativeError <= ToleranceOf(type));
    }

    private static (Tensor Forward, Tensor Gradient) Compute(Convolution compute, ConvolutionPath path, Tensor x, Tensor weight, Tensor bias)
    {
        using var grad = enable_grad();
        var input = x.detach().clone().requires_grad_(true);
        var output = compute(path, input, weight, bias);
        output.square().sum().backward();
        return (output.detach(), input.grad!);
    }

    // float64 never goes through oneDNN.
    private static Tensor Exact(ConvolutionPath path, Tensor x, Tensor weight, Tensor bias) => SafeConvolution.Conv2d(path, x, weight, bias, 1, 1);

    private static double RelativeError(Tensor actual, Tensor expected)
    {
        var error = ((actual.to(float64) - expected).abs().max() / expected.abs().max()).item<double>();
        return double.IsNaN(error) ? double.PositiveInfinity : error;
    }
}
