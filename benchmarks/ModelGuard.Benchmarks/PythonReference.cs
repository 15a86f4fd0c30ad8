using System.ComponentModel;
using ModelGuard.Testing;

namespace ModelGuard.Benchmarks;

/// <summary>The Python side of a comparison, where there is one.</summary>
internal static class PythonReference
{
    /// <summary>Runs a script that lies beside this program's sources; null without Python, or with one that lacks the libraries: the figures of this side then stand alone.</summary>
    /// <param name="python">The interpreter.</param>
    /// <param name="script">The script's name.</param>
    /// <param name="arguments">What it is told.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<MeasuredProcess?> TryRunAsync(string python, string script, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        try
        {
            return await MeasuredProcess.RunAsync(python, [Path.Combine(RepositoryPaths.Root, "benchmarks", "ModelGuard.Benchmarks", script), .. arguments], cancellation);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return null;
        }
    }
}
