using System.Runtime.CompilerServices;
using ModelGuard.Diffusion.Backend;

// The test runner's own threads allocate while networks compute.
[assembly: AssemblyFixture(typeof(ModelGuard.Testing.HeldFinalizers))]

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

/// <summary>Finalizers do not run while the tests of an assembly do. A process that measures memory waits for them and does without.</summary>
public sealed class HeldFinalizers : IDisposable
{
    private readonly IDisposable? hold = Environment.GetEnvironmentVariable("MODELGUARD_TEST_ALONE") is null ? FinalizerHold.Enter() : null;

    public void Dispose() => hold?.Dispose();
}
