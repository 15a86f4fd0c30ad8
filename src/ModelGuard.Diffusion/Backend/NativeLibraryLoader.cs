using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace ModelGuard.Diffusion.Backend;

/// <summary>
/// Loads LibTorch before TorchSharp looks for it. On systems whose libstdc++ lacks <c>GLIBCXX_3.4.32</c> (Debian 12, Ubuntu 22.04)
/// TorchSharp's own library does not load, although the only symbol of that version, <c>_ZSt21ios_base_library_initv</c>, is never
/// called: a copy of the library with that version marked weak is loaded instead. The installed file is never changed.
/// </summary>
internal static class NativeLibraryLoader
{
    private const string Library = "libLibTorchSharp.so";
    private const string LibTorch = "libtorch.so";
    private const string MissingVersion = "GLIBCXX_3.4.32";

    // In the order in which they need each other.
    private static readonly string[] LibTorchFiles = ["libc10.so", "libtorch_cpu.so", LibTorch];

    /// <summary>Loads the libraries and returns what was found and done, one sentence each.</summary>
    /// <exception cref="BackendException">MG0001 when the libraries are not there, MG0002 when they do not load.</exception>
    public static NativeLibraries Load()
    {
        var steps = new List<string>();
        if (!OperatingSystem.IsLinux())
        {
            steps.Add("TorchSharp loads its native libraries by itself on this system.");
            return new NativeLibraries(AppContext.BaseDirectory, null, [.. steps]);
        }

        var folder = FindLibrary()
            ?? throw new BackendException("MG0001", $"The native library '{Library}' is in none of the folders {string.Join(", ", Candidates().Select(f => $"'{f}'"))}. Reinstall the tool, or name the folder that holds LibTorch in the environment variable {LibTorchFolders.Variable}.");
        steps.Add($"Native libraries found in '{folder}'.");
        var torch = FindLibTorch(folder);
        if (torch is not null && torch != folder) steps.Add($"LibTorch itself found in '{torch}'.");
        var original = Path.Combine(folder, Library);
        foreach (var file in LibTorchFiles.Select(f => Path.Combine(torch ?? folder, f)).Append(original).Where(File.Exists)) RequireComplete(file);
        if (torch is not null && Path.Combine(torch, LibTorch) is var main && File.Exists(main)) LoadOrThrow(main);

        try
        {
            NativeLibrary.Load(original);
            steps.Add($"'{Library}' was loaded as it is.");
            return new NativeLibraries(folder, null, [.. steps]);
        }
        catch (DllNotFoundException e) when (torch is null && e.Message.Contains(LibTorch, StringComparison.Ordinal))
        {
            throw new BackendException("MG0001", $"LibTorch {LibTorchFolders.Version} is not part of this tool and was not found: '{LibTorch}' is in none of the folders {string.Join(", ", LibTorchFolders.Candidates(folder).Select(f => $"'{f}'"))}. Install the tool for this platform, name the folder that holds LibTorch in the environment variable {LibTorchFolders.Variable}, or activate a Python environment with PyTorch {LibTorchFolders.Version}.", e);
        }
        catch (DllNotFoundException e) when (e.Message.Contains(MissingVersion, StringComparison.Ordinal))
        {
            var copy = LoadWeakenedCopy(original);
            steps.Add($"The system's libstdc++ has no {MissingVersion}: '{copy}', a copy of '{Library}' in which that unused version is marked weak, was loaded instead.");
            return new NativeLibraries(folder, copy, [.. steps]);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new BackendException("MG0002", $"'{original}' does not load: {e.Message}", e);
        }
    }

    /// <summary>
    /// The files that <see cref="Load"/> would load, each with its size and time, without loading them; null where they are not there, where
    /// TorchSharp finds them by itself, and for a LibTorch for CUDA, which depends on drivers and devices, too.
    /// </summary>
    public static string? Identity()
    {
        if (!OperatingSystem.IsLinux() || FindLibrary() is not { } folder || FindLibTorch(folder) is not { } torch || File.Exists(Path.Combine(torch, "libtorch_cuda.so"))) return null;
        return string.Join('\n', LibTorchFiles.Select(f => Path.Combine(torch, f)).Append(Path.Combine(folder, Library)).Select(f => new FileInfo(f)).Where(f => f.Exists)
            .Select(f => FormattableString.Invariant($"{f.FullName} {f.Length} {f.LastWriteTimeUtc.Ticks}")));
    }

    private static string? FindLibrary() => Candidates().FirstOrDefault(f => File.Exists(Path.Combine(f, Library)));

    // A part of it is enough: what is missing must be said of that folder, and not be made up for from another.
    private static string? FindLibTorch(string beside) => LibTorchFolders.Candidates(beside).FirstOrDefault(f => LibTorchFiles.Any(file => File.Exists(Path.Combine(f, file))));

    private static void RequireComplete(string path)
    {
        try
        {
            ElfFile.RequireComplete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackendException("MG0002", $"'{path}' cannot be read: {e.Message}", e);
        }
    }

    private static void LoadOrThrow(string path)
    {
        try
        {
            NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new BackendException("MG0002", $"'{path}' does not load: {e.Message}", e);
        }
    }

    private static IEnumerable<string> Candidates()
    {
        var named = Environment.GetEnvironmentVariable(LibTorchFolders.Variable);
        if (!string.IsNullOrEmpty(named)) yield return named;
        yield return AppContext.BaseDirectory;
        yield return Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native");
        foreach (var folder in (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            yield return folder;
        }

        // A host such as a test runner starts elsewhere; the managed assembly is still beside its libraries.
        if (Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location) is { Length: > 0 } beside) yield return beside;
    }

    [SupportedOSPlatform("linux")]
    private static string LoadWeakenedCopy(string original)
    {
        var bytes = File.ReadAllBytes(original);
        var key = Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];
        if (WeakSymbolVersion.Mark(bytes, MissingVersion, original) == 0)
        {
            throw new BackendException("MG0002", $"'{original}' needs {MissingVersion}, which this system's libstdc++ lacks, and the reference was not found in the file. Install a newer libstdc++ (GCC 13 or later).");
        }

        // A read-only home is common in containers.
        var local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        if (local.Length > 0 && TryWrite(Path.Combine(local, "modelguard", "native", key, Library), bytes) is { } kept)
        {
            LoadOrThrow(kept);
            return kept;
        }

        return LoadFromTemporaryFolder(bytes, local);
    }

    [SupportedOSPlatform("linux")]
    private static string? TryWrite(string copy, byte[] bytes)
    {
        try
        {
            // Never trust a file only because of its name: it is about to be run.
            if (File.Exists(copy) && File.ReadAllBytes(copy).AsSpan().SequenceEqual(bytes)) return copy;
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var partial = $"{copy}.partial-{Environment.ProcessId}";
            File.WriteAllBytes(partial, bytes);
            File.Move(partial, copy, overwrite: true);
            return copy;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Others write to the temporary folder too: a fixed name there could be theirs, so it is a new private folder, gone once it is loaded.
    private static string LoadFromTemporaryFolder(byte[] bytes, string local)
    {
        DirectoryInfo folder;
        try
        {
            folder = Directory.CreateTempSubdirectory("modelguard-");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NowhereToWrite(local, e);
        }

        try
        {
            var copy = Path.Combine(folder.FullName, Library);
            File.WriteAllBytes(copy, bytes);
            LoadOrThrow(copy);
            return copy;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NowhereToWrite(local, e);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static BackendException NowhereToWrite(string local, Exception e) =>
        new("MG0002", $"No folder could be written to hold the corrected copy of '{Library}': tried '{local}' and '{Path.GetTempPath()}' ({e.Message}) Set XDG_DATA_HOME or TMPDIR to a folder that can be written.", e);
}
