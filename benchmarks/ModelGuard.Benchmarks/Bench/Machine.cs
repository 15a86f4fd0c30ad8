using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Policies;
using TorchSharp;

namespace ModelGuard.Benchmarks.Bench;

/// <summary>What figures depend on besides the code.</summary>
internal static class Machine
{
    private const string Load = "/proc/loadavg";

    /// <summary>The machine in rows of a table.</summary>
    public static ImmutableArray<(string Name, string Value)> Describe(TimeProvider clock) =>
    [
        ("processor", $"{ProcessorName.Value} ({ProcessorName.Instructions})"),
        ("cores", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)),
        ("memory", Figures.Megabytes(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)),
        ("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}, {Environment.OSVersion.VersionString}"),
        (".NET", RuntimeInformation.FrameworkDescription),
        ("LibTorch", string.Create(CultureInfo.InvariantCulture, $"{NativeBackend.LibTorchVersion}, {torch.get_num_threads()} thread(s), convolutions {NativeBackend.Arithmetic.Path.ToString().ToLowerInvariant()}")),
        ("ModelGuard", typeof(Policy).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion),
        ("begun", string.Create(CultureInfo.InvariantCulture, $"{clock.GetUtcNow():yyyy-MM-dd HH:mm} UTC")),
        // Figures of a machine that does something else are too large.
        .. File.Exists(Load) ? [("load when it began", string.Join(' ', File.ReadAllText(Load).Split(' ')[..3]))] : ImmutableArray<(string, string)>.Empty,
    ];

    /// <summary>The name of a file for it.</summary>
    public static string FileName => string.Concat(Environment.MachineName.Select(c => char.IsAsciiLetterOrDigit(c) || c == '-' ? c : '-')) + ".md";
}
