using System.Runtime.Versioning;
using System.Security.Cryptography;
using ModelGuard.Diffusion.Backend;

namespace ModelGuard.Diffusion.Tests.Backend;

/// <summary>Loads LibTorch in processes of their own, in the surroundings that containers and build machines have.</summary>
[SupportedOSPlatform("linux")]
public sealed class NativeLibraryLoaderTests
{
    private const string Library = "libLibTorchSharp.so";
    private static readonly string Original = Path.Combine(AppContext.BaseDirectory, Library);
    private static readonly bool NeedsCopy = NativeBackend.EnsureLoaded().WeakenedCopy is not null;

    public NativeLibraryLoaderTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "TorchSharp loads its libraries by itself on this system.");

    [Fact]
    public async Task A_fresh_cache_folder_receives_the_copy_once_and_the_original_stays()
    {
        using var folder = new TemporaryFolder();
        var (digest, written) = (Digest(Original), File.GetLastWriteTimeUtc(Original));

        (await LoadAsync(folder.Path, ("XDG_DATA_HOME", folder.Path))).AssertPassed(atLeast: 2);
        var first = Files(folder.Path);
        (await LoadAsync(folder.Path, ("XDG_DATA_HOME", folder.Path))).AssertPassed(atLeast: 2);

        Assert.Equal(NeedsCopy ? 1 : 0, first.Count);
        Assert.Equal(first, Files(folder.Path));
        Assert.Equal(digest, Digest(Original));
        Assert.Equal(written, File.GetLastWriteTimeUtc(Original));
    }

    [Fact]
    public async Task A_file_in_the_cache_that_is_not_the_copy_is_never_run()
    {
        Assert.SkipUnless(NeedsCopy, "This system's libstdc++ is new enough: no copy is made.");
        using var folder = new TemporaryFolder();
        (await LoadAsync(folder.Path, ("XDG_DATA_HOME", folder.Path))).AssertPassed(atLeast: 2);
        var (copy, written) = Assert.Single(Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).Select(f => (f, Digest(f))));
        var bytes = await File.ReadAllBytesAsync(copy, TestContext.Current.CancellationToken);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(copy, bytes, TestContext.Current.CancellationToken);

        (await LoadAsync(folder.Path, ("XDG_DATA_HOME", folder.Path))).AssertPassed(atLeast: 2);

        Assert.Equal(written, Digest(copy));
    }

    [Theory]
    [InlineData("/proc")]
    [InlineData("/dev/null")]
    [InlineData("read-only")]
    public async Task A_home_that_cannot_be_written_does_not_matter_and_nothing_is_left_behind(string home)
    {
        using var folder = new TemporaryFolder();
        var temporary = Directory.CreateDirectory(folder["tmp"]).FullName;
        if (home == "read-only") home = Directory.CreateDirectory(folder["home"], UnixFileMode.UserRead | UnixFileMode.UserExecute).FullName;

        // The administrator writes to read-only folders too: then the copy may be there.
        var below = Environment.IsPrivilegedProcess && home.StartsWith(folder.Path, StringComparison.Ordinal) ? home : temporary;
        var outcome = await LoadAsync(below, ("HOME", home), ("XDG_DATA_HOME", null), ("TMPDIR", temporary));

        outcome.AssertPassed(atLeast: 2);
        Assert.Empty(Files(temporary));
    }

    [Fact]
    public async Task Without_any_folder_to_write_to_the_message_names_those_that_were_tried()
    {
        Assert.SkipUnless(NeedsCopy, "This system's libstdc++ is new enough: no copy is made.");

        var outcome = await LoadAsync("/proc", ("HOME", "/proc"), ("XDG_DATA_HOME", null), ("TMPDIR", "/proc/"));

        AssertRefused(outcome, "No folder could be written to hold the corrected copy of 'libLibTorchSharp.so': tried '/proc/.local/share' and '/proc/'", "Set XDG_DATA_HOME or TMPDIR to a folder that can be written.");
    }

    [Fact]
    public async Task A_library_that_is_no_library_is_named()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder[Library], "version https://git-lfs.github.com/spec/v1\n", TestContext.Current.CancellationToken);

        AssertRefused(await LoadAsync(folder.Path, ("MODELGUARD_LIBTORCH", folder.Path)), $"'{folder[Library]}' does not load: ");
    }

    [Theory]
    [InlineData(Library, 0.5)]
    [InlineData(Library, 0.999)]
    [InlineData("libtorch_cpu.so", 0.01)]
    [InlineData("libc10.so", 0.9)]
    public async Task A_library_that_is_cut_off_is_named_instead_of_ending_the_process(string name, double share)
    {
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder[Library], Original);
        File.Delete(folder[name]);
        var source = Path.Combine(AppContext.BaseDirectory, name);
        var start = new byte[(int)(new FileInfo(source).Length * share)];
        using (var file = File.OpenRead(source)) await file.ReadExactlyAsync(start, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(folder[name], start, TestContext.Current.CancellationToken);

        AssertRefused(await LoadAsync(folder.Path, ("MODELGUARD_LIBTORCH", folder.Path)), $"'{folder[name]}' is damaged or cut off: ", FormattableString.Invariant($"and the file has {start.Length}."));
    }

    private static void AssertRefused(TestProcess.Outcome outcome, params string[] sentences)
    {
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains(nameof(BackendException), outcome.Output, StringComparison.Ordinal);
        Assert.All(sentences, s => Assert.Contains(s, outcome.Output, StringComparison.Ordinal));
    }

    private static Task<TestProcess.Outcome> LoadAsync(string copyBelow, params (string Name, string? Value)[] environment) =>
        TestProcess.RunAsync([typeof(LoadedLibrariesTests)], [(LoadedLibrariesTests.CopyBelow, copyBelow), .. environment]);

    // Path, digest and time: the same three mean that nothing was written again.
    private static List<(string Path, string Digest, DateTime Written)> Files(string folder) =>
        [.. Directory.EnumerateFiles(folder, Library + "*", SearchOption.AllDirectories).Select(f => (f, Digest(f), File.GetLastWriteTimeUtc(f)))];

    private static string Digest(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
}
