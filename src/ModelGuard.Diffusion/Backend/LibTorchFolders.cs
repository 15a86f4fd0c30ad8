using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace ModelGuard.Diffusion.Backend;

/// <summary>
/// Where LibTorch may be when it does not lie beside TorchSharp's library: a folder that somebody names, a Python environment with PyTorch of
/// the same version, NuGet's cache.
/// </summary>
internal static partial class LibTorchFolders
{
    /// <summary>The variable that names a folder.</summary>
    public const string Variable = "MODELGUARD_LIBTORCH";

    /// <summary>The version that TorchSharp's library was compiled against; another one has other symbols.</summary>
    public const string Version = "2.10.0";

    // venv and virtualenv, then conda.
    private static readonly string[] PythonVariables = ["VIRTUAL_ENV", "CONDA_PREFIX"];

    /// <summary>Folders that may hold <c>libtorch.so</c>, in the order in which they are taken; some may not exist.</summary>
    /// <param name="beside">The folder of TorchSharp's library.</param>
    public static IEnumerable<string> Candidates(string beside) =>
    [
        .. Named(Variable),
        beside,
        .. PythonVariables.SelectMany(Named).SelectMany(OfPython),
        .. OfNuGet(),
    ];

    private static IEnumerable<string> Named(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? [value] : [];

    private static IEnumerable<string> OfPython(string environment)
    {
        var library = Path.Combine(environment, "lib");
        if (!Directory.Exists(library)) return [];
        return Directory.EnumerateDirectories(library, "python3*").Order(StringComparer.Ordinal)
            .Select(python => Path.Combine(python, "site-packages", "torch"))
            .Where(IsThisVersion)
            .Select(torch => Path.Combine(torch, "lib"));
    }

    private static bool IsThisVersion(string torch)
    {
        var file = Path.Combine(torch, "version.py");
        return File.Exists(file) && VersionLine().Match(File.ReadAllText(file)).Groups["version"].Value == Version;
    }

    private static IEnumerable<string> OfNuGet()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var packages = Named("NUGET_PACKAGES").FirstOrDefault() ?? (home.Length > 0 ? Path.Combine(home, ".nuget", "packages") : null);
        var runtime = RuntimeInformation.RuntimeIdentifier;
        return packages is null ? [] : [Path.Combine(packages, $"libtorch-cpu-{runtime}", Version, "runtimes", runtime, "native")];
    }

    // As in "__version__ = '2.10.0+cpu'".
    [GeneratedRegex("""^__version__ = ['"](?<version>[0-9.]+)""", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionLine();
}
