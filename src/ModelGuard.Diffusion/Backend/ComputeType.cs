using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Backend;

/// <summary>The type that UNet and text encoders compute in; the VAE, the latents and the scheduler are always float32.</summary>
public static class ComputeType
{
    private static readonly (string Name, ScalarType Type)[] Types = [("float32", ScalarType.Float32), ("bfloat16", ScalarType.BFloat16)];

    /// <summary>The names that <c>--dtype</c> takes.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Types.Select(t => t.Name)];

    /// <summary>Whether this processor has instructions for bfloat16 (AVX-512 BF16, AMX) that the system lets programs use.</summary>
    public static bool HasBFloat16 { get; } = DetectBFloat16();

    /// <summary>How a type is written.</summary>
    public static string Name(ScalarType type) => Array.Find(Types, t => t.Type == type).Name ?? throw new ArgumentOutOfRangeException(nameof(type), type, "No such type to compute in.");

    /// <summary>Turns a name into a type that the device computes in at a sensible speed.</summary>
    /// <exception cref="BackendException">MG0006 for bfloat16 on a processor without instructions for it.</exception>
    public static ScalarType Parse(string name, Device device) => Parse(name, device, HasBFloat16);

    internal static ScalarType Parse(string name, Device device, bool hasBFloat16)
    {
        var index = Array.FindIndex(Types, t => t.Name == name);
        if (index < 0) throw new ArgumentOutOfRangeException(nameof(name), name, $"The type to compute in must be one of {string.Join(", ", Names)}.");
        return Types[index].Type != ScalarType.BFloat16 || device.type != DeviceType.CPU || hasBFloat16
            ? Types[index].Type
            : throw new BackendException("MG0006", "This processor has no instructions for bfloat16 (AVX-512 BF16 or AMX), and without them it is slower than float32. Leave '--dtype' out, or write '--dtype float32'.");
    }

    private static bool DetectBFloat16()
    {
        // Intel's manual, volume 2, CPUID: leaf 7.1 EAX bit 5 is AVX512_BF16, leaf 7.0 EDX bit 22 is AMX-BF16. That AVX-512 is usable says that the system saves the registers.
        const int ExtendedFeatures = 7, Avx512BFloat16 = 1 << 5, AmxBFloat16 = 1 << 22;
        if (!X86Base.IsSupported || !Avx512F.IsSupported || X86Base.CpuId(0, 0).Eax < ExtendedFeatures) return false;
        var features = X86Base.CpuId(ExtendedFeatures, 0);
        return (features.Edx & AmxBFloat16) != 0 || (features.Eax >= 1 && (X86Base.CpuId(ExtendedFeatures, 1).Eax & Avx512BFloat16) != 0);
    }
}
