using System.Globalization;
using TorchSharp;

namespace ModelGuard.Diffusion.Backend;

/// <summary>The device that networks run on.</summary>
public static class ComputeDevice
{
    /// <summary>Turns <c>cpu</c>, <c>cuda</c> or <c>cuda:n</c> into a device that is present.</summary>
    /// <exception cref="BackendException">MG0004 for another name, MG0005 when CUDA or that device is absent.</exception>
    public static torch.Device Parse(string name)
    {
        NativeBackend.EnsureLoaded();
        if (name == "cpu") return torch.CPU;

        var index = 0;
        if (name != "cuda" && !(name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out index)))
        {
            throw new BackendException("MG0004", $"'{name}' is no device. Write 'cpu', 'cuda' or 'cuda:n', for example 'cuda:0'.");
        }

        if (!torch.cuda.is_available())
        {
            throw new BackendException("MG0005", $"The device '{name}' was asked for, but this LibTorch {torch.__version__} sees no CUDA device. Build with -p:ModelGuardTorch=cuda on a machine with an NVIDIA driver, or use '--device cpu'.");
        }

        var count = torch.cuda.device_count();
        if (index >= count) throw new BackendException("MG0005", FormattableString.Invariant($"The device '{name}' was asked for, but this machine has {count} CUDA device(s), numbered from 0."));
        ComputeExactly();
        return new torch.Device(DeviceType.CUDA, index);
    }

    /// <summary>
    /// By itself cuDNN computes float32 convolutions in TF32, with 10 bits behind the point, and may add in another order each time: latents of
    /// the sample differed from the processor's by 0.4 % of the largest.
    /// </summary>
    internal static void ComputeExactly()
    {
        torch.backends.cuda.matmul.allow_tf32 = false;
        torch.backends.cudnn.allow_tf32 = false;
        AtenContext.SetDeterministicCuDnn(enabled: true);
    }
}
