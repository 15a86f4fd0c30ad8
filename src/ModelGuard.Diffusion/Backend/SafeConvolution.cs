using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Backend;

/// <summary>A two-dimensional convolution that takes the way the self-test chose.</summary>
internal static class SafeConvolution
{
    private const long Block = 16;

    /// <summary>Convolution of <paramref name="x"/> [n, in, h, w] with <paramref name="weight"/> [out, in, kh, kw]; returns [n, out, h', w'].</summary>
    public static Tensor Conv2d(ConvolutionPath path, Tensor x, Tensor weight, Tensor? bias, long stride, long padding)
    {
        long channelsOut = weight.shape[0], channelsIn = weight.shape[1];
        long padOut = Excess(channelsOut), padIn = channelsIn > Block ? Excess(channelsIn) : 0;

        // 1×1 kernels go through the matrix product, which is right for every size.
        if (path != ConvolutionPath.Padded || weight.shape[2] * weight.shape[3] == 1 || padOut + padIn == 0)
        {
            return functional.conv2d(x, weight, bias, strides: [stride, stride], padding: [padding, padding]);
        }

        var input = padIn == 0 ? x : functional.pad(x, [0, 0, 0, 0, 0, padIn]);
        var kernel = functional.pad(weight, [0, 0, 0, 0, 0, padIn, 0, padOut]);
        var offset = bias is null || padOut == 0 ? bias : functional.pad(bias, [0, padOut]);
        var output = functional.conv2d(input, kernel, offset, strides: [stride, stride], padding: [padding, padding]);
        return padOut == 0 ? output : output.narrow(1, 0, channelsOut);
    }

    private static long Excess(long channels) => (Block - (channels % Block)) % Block;
}
