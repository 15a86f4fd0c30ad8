using System.Runtime.InteropServices;

namespace ModelGuard.Diffusion.Backend;

/// <summary>Switches of LibTorch's global context that TorchSharp does not expose: <c>at::Context::setUserEnabledMkldnn</c>, <c>setUserEnabledNNPACK</c> and <c>setDeterministicCuDNN</c>.</summary>
internal static class AtenContext
{
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint GlobalContext();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void SetFlag(nint context, [MarshalAs(UnmanagedType.I1)] bool value);

    /// <summary>Turns oneDNN on or off; false when the symbol is not exported here.</summary>
    public static bool SetOneDnn(bool enabled) => Set("_ZN2at7Context20setUserEnabledMkldnnEb", enabled);

    /// <summary>Turns NNPACK on or off; off keeps its "Unsupported hardware" line from users.</summary>
    public static bool SetNnpack(bool enabled) => Set("_ZN2at7Context20setUserEnabledNNPACKEb", enabled);

    /// <summary>Has cuDNN use only kernels that add in the same order each time.</summary>
    public static bool SetDeterministicCuDnn(bool enabled) => Set("_ZN2at7Context21setDeterministicCuDNNEb", enabled);

    private static bool Set(string symbol, bool value)
    {
        if (!OperatingSystem.IsLinux()
            || !NativeLibrary.TryLoad("libtorch_cpu.so", out var library)
            || !NativeLibrary.TryGetExport(library, "_ZN2at13globalContextEv", out var context)
            || !NativeLibrary.TryGetExport(library, symbol, out var setter))
        {
            return false;
        }

        Marshal.GetDelegateForFunctionPointer<SetFlag>(setter)(Marshal.GetDelegateForFunctionPointer<GlobalContext>(context)(), value);
        return true;
    }
}
