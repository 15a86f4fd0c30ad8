using System.Runtime.CompilerServices;
using ModelGuard.Diffusion.Backend;

namespace ModelGuard.Testing;

/// <summary>Tests touch TorchSharp's own types first; our loader has to come before them.</summary>
internal static class LoadNativeBackend
{
    [ModuleInitializer]
    internal static void Load()
    {
        NativeBackend.EnsureLoaded();
        CsCheck.Check.Threads = 1;
    }
}
