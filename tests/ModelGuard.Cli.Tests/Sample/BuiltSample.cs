using System.Text.Json;

namespace ModelGuard.Cli.Tests.Sample;

/// <summary>The sample of the repository, built twice with its audit: the main job, once for all tests that look at what came of it.</summary>
public sealed class BuiltSample : IAsyncLifetime
{
    private static readonly string Configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)).StartsWith("release", StringComparison.Ordinal) ? "Release" : "Debug";

    private readonly TemporaryFolder cache = new();

    internal static string Policy { get; } = Path.Combine(RepositoryPaths.Root, "policies", "shapes.yaml");

    internal static string Base { get; } = Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "model");

    internal static string Edited { get; } = Path.Combine(RepositoryPaths.Root, "artifacts", "shapes-governed");

    internal ChildProcess.Finished First { get; private set; } = new(-1, "", "");

    internal ChildProcess.Finished Second { get; private set; } = new(-1, "", "");

    /// <summary>What the audit's pictures scored is kept for the tests after it, and not longer: it takes minutes to make.</summary>
    internal (string, string?)[] Cache => [("MODELGUARD_CACHE", cache.Path)];

    /// <summary>The report of the audit.</summary>
    internal JsonDocument Audit { get; private set; } = JsonDocument.Parse("{}");

    public async ValueTask InitializeAsync()
    {
        // As on a fresh clone.
        var stamps = Path.Combine(RepositoryPaths.Root, "artifacts", "obj", "Shapes", Configuration, "modelguard");
        foreach (var folder in new[] { Edited, stamps }.Where(Directory.Exists)) Directory.Delete(folder, recursive: true);
        First = await BuildAsync();
        Second = await BuildAsync();
        if (Directory.Exists(stamps) && Directory.GetFiles(stamps, "*.audit.json") is [var report]) Audit = JsonDocument.Parse(await File.ReadAllBytesAsync(report));
    }

    public ValueTask DisposeAsync()
    {
        Audit.Dispose();
        cache.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task<ChildProcess.Finished> BuildAsync() => DotNet.RunWithAsync(Cache, RepositoryPaths.Root, "build", Path.Combine("samples", "Shapes"), "-c", Configuration, "--no-restore", "-v:normal", "-nodeReuse:false", "-tl:off", "-p:ModelGuardAudit=true");
}
