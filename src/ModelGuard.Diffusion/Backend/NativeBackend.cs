using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace ModelGuard.Diffusion.Backend;

/// <summary>The process's LibTorch: loaded once, before TorchSharp is touched, and tested before it is trusted.</summary>
public static partial class NativeBackend
{
    // malloc.h of glibc.
    private const int TrimThreshold = -1, TopPad = -2, MmapThreshold = -3;
    private static readonly Lazy<NativeLibraries> Loaded = new(LoadAndSettle, LazyThreadSafetyMode.ExecutionAndPublication);
    private static readonly Lazy<ArithmeticReport> Tested = new(() => RunSelfTest(torch.ScalarType.Float32), LazyThreadSafetyMode.ExecutionAndPublication);
    private static readonly Lazy<ArithmeticReport> TestedBFloat16 = new(() => RunSelfTest(torch.ScalarType.BFloat16), LazyThreadSafetyMode.ExecutionAndPublication);

    /// <summary>The version of the LibTorch that is loaded; of one that does not tell, the one that TorchSharp was compiled against.</summary>
    /// <exception cref="BackendException">MG0001, MG0002 when nothing loads.</exception>
    public static string LibTorchVersion
    {
        get
        {
            EnsureLoaded();
            // TorchSharp knows the version that it was compiled against, with a fourth number.
            return AtenContext.Version() is { } loaded && !torch.__version__.StartsWith(loaded + ".", StringComparison.Ordinal) ? loaded : torch.__version__;
        }
    }

    /// <summary>
    /// What the arithmetic self-test found; it runs on first use, in a few milliseconds. The environment variable
    /// <c>MODELGUARD_CONVOLUTIONS</c> (<c>auto</c>, <c>direct</c>, <c>padded</c>, <c>without-onednn</c>) has it test and take that way only.
    /// </summary>
    /// <exception cref="BackendException">MG0001, MG0002 when nothing loads; MG0011 when the variable's value is unknown, MG0003 when the way it names is wrong here.</exception>
    public static ArithmeticReport Arithmetic => Tested.Value;

    /// <summary>The same for convolutions in bfloat16; it runs when that type is first used.</summary>
    /// <exception cref="BackendException">As for <see cref="Arithmetic"/>.</exception>
    public static ArithmeticReport BFloat16Arithmetic => TestedBFloat16.Value;

    /// <summary>Loads the native libraries if that has not happened yet.</summary>
    /// <exception cref="BackendException">MG0001 when they are not there, MG0002 when they do not load.</exception>
    public static NativeLibraries EnsureLoaded() => Loaded.Value;

    /// <summary>
    /// The native files that would be loaded, each with its size and time, without loading them; null where that is not known beforehand: the
    /// files are missing, are found by TorchSharp itself (Windows, macOS), or compute on CUDA.
    /// </summary>
    public static string? FindFiles() => NativeLibraryLoader.Identity();

    /// <summary>The way convolutions are computed on this machine.</summary>
    /// <exception cref="BackendException">MG0003 when no way gives right numbers, or not the one that is asked for; MG0011 as for <see cref="Arithmetic"/>.</exception>
    internal static ConvolutionPath RequireConvolutionPath(torch.ScalarType type = torch.ScalarType.Float32)
    {
        if (Tested.Value.Path == ConvolutionPath.None)
        {
            throw new BackendException("MG0003", $"LibTorch {LibTorchVersion} computes convolutions wrong on this processor in every way that was tried ({Tested.Value.Summary}). Nothing can be generated or judged here; run on another machine, or set ONEDNN_MAX_CPU_ISA=SSE41 before the start and try `modelguard doctor` again.");
        }

        // The second test after the first: it may switch oneDNN off for both, which is right for both.
        if (type != torch.ScalarType.BFloat16) return Tested.Value.Path;
        return TestedBFloat16.Value.Path == ConvolutionPath.None
            ? throw new BackendException("MG0003", $"LibTorch {LibTorchVersion} computes convolutions in bfloat16 wrong on this processor in every way that was tried ({TestedBFloat16.Value.Summary}). Use '--dtype float32'.")
            : TestedBFloat16.Value.Path;
    }

    /// <summary>Name of the <see cref="AppContext"/> switch that keeps LibTorch from being loaded together with this assembly; then <see cref="EnsureLoaded"/> comes first.</summary>
    public const string LoadOnDemandSwitch = "ModelGuard.Diffusion.LoadOnDemand";

    // TorchSharp must not look for its libraries before ours are in place, whichever type is touched first.
#pragma warning disable CA2255 // The order of native loading is exactly what a module initializer is for.
    [ModuleInitializer]
    internal static void LoadBeforeTorchSharp()
#pragma warning restore CA2255
    {
        // A program that asks for it by EnsureLoaded wherever it computes may use tokenizers and settings without LibTorch.
        if (AppContext.TryGetSwitch(LoadOnDemandSwitch, out var onDemand) && onDemand) return;
        try
        {
            EnsureLoaded();
        }
        catch (BackendException)
        {
            // Kept by the Lazy and thrown again, with its message, where the backend is first needed.
        }
    }

    private static NativeLibraries LoadAndSettle()
    {
        if (OperatingSystem.IsLinux()) SpinBriefly();
        var libraries = NativeLibraryLoader.Load();
        if (OperatingSystem.IsLinux()) AtenContext.SetNnpack(false);
        return libraries;
    }

    private static ArithmeticReport RunSelfTest(torch.ScalarType type)
    {
        EnsureLoaded();
        return ArithmeticSelfTest.Run(ConvolutionChoice.Parse(Environment.GetEnvironmentVariable(ConvolutionChoice.Variable)), type: type);
    }

    // OpenMP's threads wait for work in busy loops, for milliseconds by default, and take the cores from everyone else: two processes side by
    // side were 2 to 4 times as fast with this, and one alone was no slower. Native code reads its environment, not .NET's copy.
    private static void SpinBriefly()
    {
        const string Policy = "OMP_WAIT_POLICY", Count = "GOMP_SPINCOUNT";
        if (Environment.GetEnvironmentVariable(Policy) is not null) return;
        try
        {
            _ = SetNativeVariable(Count, "2000", overwrite: 0);
        }
        catch (EntryPointNotFoundException)
        {
            // A C library without setenv: slower beside others, not wrong.
        }
    }

    /// <summary>
    /// Keeps freed memory for work in which activations of some megabytes come and go all the time: giving them back to the system costs page
    /// faults. An edit does without, and stays small.
    /// </summary>
    public static void KeepLargeBlocks() => SetMalloc((MmapThreshold, 1 << 30), (TrimThreshold, int.MaxValue), (TopPad, 64 << 20));

    /// <summary>
    /// Gives freed memory back at once, from a megabyte on. By itself glibc raises that limit with each block that comes and goes, and what
    /// lies between others then stays: in some runs 200 MB of an edit. Of smaller blocks 16 MB may stay, for they come and go all the time.
    /// </summary>
    public static void ReturnLargeBlocks() => SetMalloc((MmapThreshold, 1 << 20), (TrimThreshold, 16 << 20));

    private static void SetMalloc(params ReadOnlySpan<(int Option, int Value)> options)
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            foreach (var (option, value) in options) _ = SetMallocOption(option, value);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library than glibc: slower or larger, not wrong.
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetNativeVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetMallocOption(int option, int value);
}
