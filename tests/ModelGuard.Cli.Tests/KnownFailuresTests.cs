namespace ModelGuard.Cli.Tests;

public sealed class KnownFailuresTests
{
    [Fact]
    public void A_native_library_that_TorchSharp_cannot_use_is_named_and_is_no_defect_of_ours()
    {
        const string Said = "Unable to find an entry point named 'THSTorchCuda_is_available' in shared library 'LibTorchSharp'.";

        var found = KnownFailures.Describe(new TypeInitializationException("TorchSharp.torch", new EntryPointNotFoundException(Said)));

        Assert.Equal("MG0002", found?.Code);
        Assert.StartsWith($"TorchSharp's native library does not fit the tool: {Said} ", found?.Message, StringComparison.Ordinal);
        Assert.Null(KnownFailures.Describe(new EntryPointNotFoundException("Unable to find an entry point named 'mine' in shared library 'libc'.")));
        Assert.Null(KnownFailures.Describe(new TypeInitializationException("Mine", new InvalidOperationException("A defect."))));
    }
}
