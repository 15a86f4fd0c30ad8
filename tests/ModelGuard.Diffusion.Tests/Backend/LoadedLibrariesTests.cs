using ModelGuard.Diffusion.Backend;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Backend;

/// <summary>What holds in any process that has loaded LibTorch; <see cref="NativeLibraryLoaderTests"/> starts such processes.</summary>
public sealed class LoadedLibrariesTests
{
    /// <summary>Tells the process where a corrected copy, if this system needs one, has to come from.</summary>
    public const string CopyBelow = "MODELGUARD_TEST_COPY_BELOW";

    [Fact]
    public void The_libraries_are_loaded_and_compute()
    {
        Assert.StartsWith("2.", NativeBackend.LibTorchVersion, StringComparison.Ordinal);
        Assert.Equal([11f, 22f], (tensor(new[] { 1f, 2f }) * 11).data<float>().ToArray());
    }

    [Fact]
    public void The_version_is_that_of_the_library_that_is_loaded()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere TorchSharp loads LibTorch, of the version that it was compiled against.");
        Assert.SkipWhen(Environment.GetEnvironmentVariable(LibTorchFolders.Variable) is { Length: > 0 }, "Another LibTorch may be in use.");

        Assert.Equal(LibTorchFolders.Version, AtenContext.Version());
        Assert.StartsWith(LibTorchFolders.Version, NativeBackend.LibTorchVersion, StringComparison.Ordinal);
    }

    [Fact]
    public void A_corrected_copy_comes_from_where_it_may()
    {
        var libraries = NativeBackend.EnsureLoaded();

        Assert.NotEmpty(libraries.Steps);
        if (libraries.WeakenedCopy is not { } copy) return;
        Assert.StartsWith(Environment.GetEnvironmentVariable(CopyBelow) ?? Path.GetPathRoot(copy)!, copy, StringComparison.Ordinal);
        Assert.Contains(libraries.Steps, s => s.Contains($"'{copy}', a copy of 'libLibTorchSharp.so'", StringComparison.Ordinal));
    }
}
