namespace ModelGuard.Cli.Tests.Sample;

/// <summary>The sample's policy with one seed and wider limits, its edited model, and a cache, once for all tests that audit other models by it.</summary>
public sealed class FewPictures : IAsyncLifetime
{
    private const string Gates = """
        gates:
          - { id: gone,    metric: recognition, on: removed, max: 0.2 }
          - { id: updated, metric: preference,  on: updated, min: 0.6 }
        """;

    private readonly TemporaryFolder folder = new();

    internal string Policy => folder["few.yaml"];

    internal string Edited => folder["edited"];

    /// <summary>The base is drawn once for all models.</summary>
    internal (string, string?)[] Cache => [("MODELGUARD_CACHE", folder["cache"])];

    /// <summary>The sample's policy without its gates, with absolute paths, one seed and another output.</summary>
    internal static string Text(string output)
    {
        var text = File.ReadAllText(BuiltSample.Policy);
        return text[..text.IndexOf("# 'gone' needs", StringComparison.Ordinal)]
            .Replace("../artifacts/shapes-governed", output, StringComparison.Ordinal)
            .Replace("../samples", Path.Combine(RepositoryPaths.Root, "samples"), StringComparison.Ordinal)
            .Replace("seeds: 4", "seeds: 1", StringComparison.Ordinal);
    }

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(Policy, Text(Edited) + Gates);
        var edit = await Tool.RunInAsync(null, Cache, "edit", Policy);
        Assert.True(edit.ExitCode == 0, edit.All);
    }

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
