using System.Diagnostics;
using SharpFuzz;

namespace ModelGuard.Fuzzing;

/// <summary>A copy of this program whose assemblies count the branches that they take. It must be another process: these assemblies are loaded already.</summary>
internal static class InstrumentedCopy
{
    /// <summary>The argument by which the copy knows what it is.</summary>
    public const string Mark = "--instrumented";

    /// <summary>Makes the copy and runs it to its end.</summary>
    /// <param name="arguments">This program's arguments.</param>
    public static int Run(IEnumerable<string> arguments)
    {
        // Beside the program, so that it finds the repository from there.
        var copy = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory) + FormattableString.Invariant($"-instrumented-{Environment.ProcessId}");
        try
        {
            foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories)) CopyTo(file, Path.Combine(copy, Path.GetRelativePath(AppContext.BaseDirectory, file)));
            foreach (var assembly in Directory.EnumerateFiles(copy, "*.dll").Where(IsInstrumented)) _ = Fuzzer.Instrument(assembly, _ => true, Options.Value).Count();
            // The host, for this process may be that or the program's own executable.
            using var process = Process.Start(new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(copy, "ModelGuard.Fuzzing.dll"), Mark, .. arguments]) { UseShellExecute = false })!;
            process.WaitForExit();
            return process.ExitCode;
        }
        finally
        {
            if (Directory.Exists(copy)) Directory.Delete(copy, recursive: true);
        }
    }

    private static void CopyTo(string file, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Copy(file, target);
    }

    // The readers, and the parser that they have no say in.
    private static bool IsInstrumented(string path) => Path.GetFileName(path) is "ModelGuard.dll" or "ModelGuard.Attestations.dll" or "ModelGuard.Checkpoints.dll" or "ModelGuard.Diffusion.dll" or "ModelGuard.GitHub.dll" or "ModelGuard.Rendering.dll" or "YamlDotNet.dll";
}
