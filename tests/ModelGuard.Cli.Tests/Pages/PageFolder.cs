namespace ModelGuard.Cli.Tests.Pages;

/// <summary>A folder with what the examples of the pages name: small models, a policy of one concept, and what an earlier edit and audit of it wrote.</summary>
internal sealed class PageFolder : IDisposable
{
    private readonly PolicyFolder folder = new();

    public string Root => folder.Root;

    /// <summary>Makes it.</summary>
    public static async Task<PageFolder> CreateAsync()
    {
        var made = new PageFolder();
        foreach (var name in new[] { "base", "sd15" }) made.folder.Copy(PolicyFolder.Base, $"models/{name}");
        // Where 'init' looks for a scorer.
        made.folder.Copy(PolicyFolder.Scorer, "models/clip");
        // One policy under all names that the pages use.
        var policy = PolicyFolder.Text(baseFolder: made.folder["models/base"]).Replace("output: out", $"output: '{made.folder["artifacts/governed"]}'", StringComparison.Ordinal);
        foreach (var name in new[] { "policy.yaml", "modelguard.yaml", "policies/shapes.yaml", "samples/Shapes/trace.yaml" }) made.Write(name, policy);
        await made.RunAsync("edit", "policy.yaml");
        await made.RunAsync("audit", "policy.yaml", "--report", "modelguard-report.json");
        // Names that stand for a reader's own.
        made.folder.Copy(Path.Combine(made.Root, "artifacts", "governed"), "DEPLOYED");
        made.folder.Copy(PolicyFolder.Base, "DIR");
        File.Copy(Path.Combine(made.Root, "modelguard-report.json"), Path.Combine(made.Root, "audit.json"));
        return made;
    }

    public void Dispose() => folder.Dispose();

    private void Write(string name, string text)
    {
        var path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private async Task RunAsync(params string[] arguments)
    {
        var result = await Tool.RunInAsync(Root, [], arguments);
        Assert.True(result.ExitCode == 0, result.All);
    }
}
