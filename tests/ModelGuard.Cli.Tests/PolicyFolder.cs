namespace ModelGuard.Cli.Tests;

/// <summary>A temporary folder with a small policy on the golden models.</summary>
internal sealed class PolicyFolder : IDisposable
{
    /// <summary>The line of <see cref="Text"/> where the concept stands.</summary>
    public const int ConceptLine = 7;

    private readonly TemporaryFolder folder = new();

    public PolicyFolder(string? text = null) => File.WriteAllText(Policy, text ?? Text());

    public static string Base { get; } = Path.Combine(RepositoryPaths.Golden, "sd1-tiny");

    public static string Scorer { get; } = Path.Combine(RepositoryPaths.Golden, "clip-tiny");

    public string this[string name] => folder[name];

    public string Root => folder.Path;

    public string Policy => folder["policy.yaml"];

    /// <summary>Where the policy puts the edited checkpoint.</summary>
    public string Output => folder["out"];

    public string Report => Path.Combine(Output, "modelguard-report.json");

    public static string Text(string gates = "- { id: low, metric: clip-score, on: removed, max: 2 }", string rest = "", string model = "", int seeds = 1, int steps = 1, string severity = "high", string? baseFolder = null) => $$"""
        version: 1
        model: { base: '{{baseFolder ?? Base}}', output: out{{model}} }
        scorer: '{{Scorer}}'
        edit: { layers: [0, 1, 2, 3] }
        generation: { steps: {{steps}}, seeds: {{seeds}} }
        concepts:
          - id: star
            action: remove
            attribute: object
            match: ["star"]
            replaceWith: "circle"
            displayName: "Trademark B"
            severity: {{severity}}
            prompts: ["a {concept}"]
        gates:
          {{gates}}
        {{rest}}
        """;

    /// <summary>A copy of a folder that a test may change.</summary>
    public string Copy(string source, string name)
    {
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(folder[name], Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return folder[name];
    }

    /// <summary>Names, contents and times of all files below a folder: the same text means that nothing was written.</summary>
    public static string State(string root) => string.Join('\n', Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(f => FormattableString.Invariant($"{Path.GetRelativePath(root, f)} {File.GetLastWriteTimeUtc(f).Ticks} {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))}")));

    public void Dispose() => folder.Dispose();
}
