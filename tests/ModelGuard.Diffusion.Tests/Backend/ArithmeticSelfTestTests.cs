using ModelGuard.Diffusion.Backend;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Backend;

public sealed class ArithmeticSelfTestTests
{
    [Fact]
    public void It_finds_a_way_inside_the_callers_inference_mode()
    {
        using var inference = inference_mode();

        var report = ArithmeticSelfTest.Run();

        Assert.NotEqual(ConvolutionPath.None, report.Path);
    }
}
