using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace ModelGuard.Diffusion.Backend;

/// <summary>The processor's own name. LibTorch chooses its kernels by it, and they differ in the last bits.</summary>
public static class ProcessorName
{
    /// <summary>For example <c>AMD EPYC 7763 64-Core Processor</c>; the architecture where a processor does not say.</summary>
    public static string Value { get; } = Read();

    /// <summary>Its instruction sets for vectors, for example <c>AVX2, FMA</c>; <c>baseline</c> where none is used.</summary>
    public static string Instructions { get; } = string.Join(", ", new (string Name, bool IsThere)[] { ("AVX2", Avx2.IsSupported), ("FMA", Fma.IsSupported), ("AVX-512F", Avx512F.IsSupported), ("AVX-512BW", Avx512BW.IsSupported) }.Where(s => s.IsThere).Select(s => s.Name).DefaultIfEmpty("baseline"));

    private static string Read()
    {
        // Intel's manual, volume 2, CPUID: leaves 0x80000002 to 0x80000004 are the brand string, padded with NUL.
        const int Extended = unchecked((int)0x80000000), Last = unchecked((int)0x80000004);
        if (!X86Base.IsSupported || (uint)X86Base.CpuId(Extended, 0).Eax < unchecked((uint)Last)) return RuntimeInformation.ProcessArchitecture.ToString();
        var bytes = new byte[48];
        for (var leaf = 0; leaf < 3; leaf++)
        {
            var (a, b, c, d) = X86Base.CpuId(Extended + 2 + leaf, 0);
            foreach (var (i, register) in new[] { a, b, c, d }.Index()) BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan((16 * leaf) + (4 * i)), register);
        }

        return Encoding.ASCII.GetString(bytes).Trim('\0', ' ');
    }
}
