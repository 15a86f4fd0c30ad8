using System.Runtime.InteropServices;

namespace ModelGuard.Diffusion.Backend;

/// <summary>The version and switches of LibTorch's global context that TorchSharp does not expose: <c>at::Context::setUserEnabledMkldnn</c>, <c>setUserEnabledNNPACK</c> and <c>setDeterministicCuDNN</c>.</summary>
internal static class AtenContext
{
    private const string Library = "libtorch_cpu.so";

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate ulong AbiVersion();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint GlobalContext();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void SetFlag(nint context, [MarshalAs(UnmanagedType.I1)] bool value);

    /// <summary>The version of the LibTorch that is loaded, which need not be the one that TorchSharp was compiled against (<c>aoti_torch_abi_version</c>: major, minor and patch are its highest three bytes); null from one before 2.9.</summary>
    public static string? Version()
    {
        if (!OperatingSystem.IsLinux()
            || !NativeLibrary.TryLoad(Library, out var library)
            || !NativeLibrary.TryGetExport(library, "aoti_torch_abi_version", out var export)) return null;
        var version = Marshal.GetDelegateForFunctionPointer<AbiVersion>(export)();
        return FormattableString.Invariant($"{version >> 56}.{(byte)(version >> 48)}.{(byte)(version >> 40)}");
    }

    /// <summary>Turns oneDNN on or off; false when the symbol is not exported here.</summary>
    public static bool SetOneDnn(bool enabled) => Set("_ZN2at7Context20setUserEnabledMkldnnEb", enabled);

    /// <summary>Turns NNPACK on or off; off keeps its "Unsupported hardware" line from users.</summary>
    public static bool SetNnpack(bool enabled) => Set("_ZN2at7Context20setUserEnabledNNPACKEb", enabled);

    /// <summary>Has cuDNN use only kernels that add in the same order each time.</summary>
    public static bool SetDeterministicCuDnn(bool enabled) => Set("_ZN2at7Context21setDeterministicCuDNNEb", enabled);

    private static bool Set(string symbol, bool value)
    {
        if (!OperatingSystem.IsLinux()
            || !NativeLibrary.TryLoad(Library, out var library)
            || !NativeLibrary.TryGetExport(library, "_ZN2at13globalContextEv", out var context)
            || !NativeLibrary.TryGetExport(library, symbol, out var setter))
        {
            return false;
        }

        Marshal.GetDelegateForFunctionPointer<SetFlag>(setter)(Marshal.GetDelegateForFunctionPointer<GlobalContext>(context)(), value);
        return true;
    }
}
