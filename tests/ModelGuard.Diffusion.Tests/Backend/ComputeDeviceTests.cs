using ModelGuard.Diffusion.Backend;
using TorchSharp;

namespace ModelGuard.Diffusion.Tests.Backend;

public sealed class ComputeDeviceTests
{
    [Fact]
    public void On_CUDA_float32_is_computed_in_full_and_in_the_same_order_each_time()
    {
        // LibTorch's switches are there without a device, too.
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = true;

        ComputeDevice.ComputeExactly();

        Assert.False(torch.backends.cudnn.allow_tf32);
        Assert.False(torch.backends.cuda.matmul.allow_tf32);
        Assert.True(!OperatingSystem.IsLinux() || AtenContext.SetDeterministicCuDnn(enabled: true));
    }

    [Theory]
    [InlineData("gpu", "MG0004")]
    [InlineData("cuda:", "MG0004")]
    [InlineData("cuda:-1", "MG0004")]
    [InlineData("cuda: 0", "MG0004")]
    public void A_name_that_is_none_is_refused(string name, string code) => Assert.Equal(code, Assert.Throws<BackendException>(() => ComputeDevice.Parse(name)).Code);

    [Fact]
    public void The_processor_is_always_there() => Assert.Equal(DeviceType.CPU, ComputeDevice.Parse("cpu").type);
}
