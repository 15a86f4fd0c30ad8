using ModelGuard.GitHub.Tests.Commands;
using YamlDotNet.RepresentationModel;

namespace ModelGuard.GitHub.Tests.Workflows;

/// <summary>
/// Runs a composite action of this repository as a runner does: its steps in order, with the inputs, the contexts, the files for outputs and
/// the variables that GitHub sets. Steps that use another action are noted, and do what the test says.
/// </summary>
internal sealed class ActionRun : IDisposable
{
    private readonly string folder;
    private readonly YamlMappingNode action;
    private readonly Dictionary<string, string> contexts = new(StringComparer.Ordinal);
    private readonly List<(string Uses, Dictionary<string, string> With)> used = [];
    private readonly TemporaryFolder workspace = new();
    private readonly CommentTool runner;
    private string log = "";

    /// <param name="name">The action's folder in <c>.github/actions</c>.</param>
    /// <param name="runner">The environment of a step.</param>
    public ActionRun(string name, CommentTool runner)
    {
        folder = Path.Combine(RepositoryPaths.Root, ".github", "actions", name);
        (action, this.runner) = (Load(Path.Combine(folder, "action.yml")), runner);
        foreach (var (key, input) in Map(action, "inputs").Children) contexts[$"inputs.{key}"] = Scalar((YamlMappingNode)input, "default") ?? "";
        contexts["github.token"] = Server.FakeGitHub.Token;
        contexts["github.event.workflow_run.id"] = "42";
        contexts["runner.temp"] = Temp;
        Directory.CreateDirectory(Temp);
        foreach (var key in contexts.Keys.ToArray()) contexts[key] = Expression.Fill(contexts[key], Context);
    }

    /// <summary>The folder that the steps start in.</summary>
    public TemporaryFolder Workspace => workspace;

    /// <summary>The runner's folder for temporary files.</summary>
    public string Temp => workspace[".runner-temp"];

    /// <summary>What a step that uses another action does, by the action's name; it returns whether it succeeded.</summary>
    public Func<string, Dictionary<string, string>, bool> Use { get; set; } = (_, _) => true;

    /// <summary>Further variables of the job.</summary>
    public List<(string Name, string? Value)> Variables { get; } = [];

    /// <summary>Other actions that were used, with their inputs.</summary>
    public IReadOnlyList<(string Uses, Dictionary<string, string> With)> Used => used;

    /// <summary>Whether the job is green.</summary>
    public bool HasSucceeded { get; private set; } = true;

    /// <summary>The exit code of the step that failed first.</summary>
    public int ExitCode { get; private set; }

    /// <summary>All that the steps printed.</summary>
    public string Log => log;

    /// <summary>An output of the action.</summary>
    public string Output(string name) => Expression.Fill(Scalar((YamlMappingNode)Map(action, "outputs").Children[name], "value")!, Context);

    /// <summary>Runs all steps.</summary>
    public async Task RunAsync(params (string Name, string Value)[] inputs)
    {
        foreach (var (name, value) in inputs)
        {
            Assert.True(contexts.ContainsKey($"inputs.{name}"), $"The action has no input '{name}'.");
            contexts[$"inputs.{name}"] = value;
        }

        foreach (var step in ((YamlSequenceNode)Map(action, "runs").Children["steps"]).Cast<YamlMappingNode>())
        {
            if (!Expression.IsTrue(Scalar(step, "if"), Context, !HasSucceeded)) continue;
            var succeeded = Scalar(step, "uses") is { } uses ? UseAction(uses, step) : await RunScriptAsync(step);
            if (!succeeded && Scalar(step, "continue-on-error") != "true") HasSucceeded = false;
        }
    }

    public void Dispose() => workspace.Dispose();

    private bool UseAction(string uses, YamlMappingNode step)
    {
        var with = Values(step, "with");
        used.Add((uses, with));
        return Use(uses.Split('@')[0], with);
    }

    private async Task<bool> RunScriptAsync(YamlMappingNode step)
    {
        Assert.Equal("bash", Scalar(step, "shell"));
        var outputs = workspace[".runner-output"];
        await File.WriteAllTextAsync(outputs, "");
        // As the runner starts 'shell: bash'.
        var script = workspace[".runner-step.sh"];
        await File.WriteAllTextAsync(script, Expression.Fill(Scalar(step, "run")!, Context));
        var environment = runner.Environment.Concat(Values(step, "env").Select(v => (v.Key, (string?)v.Value)))
            .Concat([("GITHUB_ACTION_PATH", folder), ("GITHUB_OUTPUT", outputs), ("RUNNER_TEMP", Temp), ("GITHUB_WORKSPACE", workspace.Path), .. Variables]);
        var finished = await ChildProcess.RunAsync("bash", ["--noprofile", "--norc", "-e", "-o", "pipefail", script], workspace.Path, environment);
        log += finished.Output + finished.Error;
        if (finished.ExitCode != 0 && HasSucceeded) ExitCode = finished.ExitCode;
        if (Scalar(step, "id") is { } id)
        {
            foreach (var (name, value) in ReadOutputs(await File.ReadAllTextAsync(outputs))) contexts[$"steps.{id}.outputs.{name}"] = value;
        }

        return finished.ExitCode == 0;
    }

    // As the runner reads the file: name<<delimiter, lines, delimiter.
    private static IEnumerable<(string Name, string Value)> ReadOutputs(string text)
    {
        var lines = new Queue<string>(text.Split('\n'));
        while (lines.TryDequeue(out var line))
        {
            if (line.Length == 0) continue;
            var parts = line.Split("<<", 2);
            var value = new List<string>();
            while (lines.Dequeue() is var next && next != parts[1]) value.Add(next);
            yield return (parts[0], string.Join('\n', value));
        }
    }

    private Dictionary<string, string> Values(YamlMappingNode step, string key) => step.Children.TryGetValue(key, out var node)
        ? ((YamlMappingNode)node).Children.ToDictionary(p => ((YamlScalarNode)p.Key).Value!, p => Expression.Fill(((YamlScalarNode)p.Value).Value!, Context), StringComparer.Ordinal)
        : [];

    // A step that did not run has no outputs.
    private string Context(string name) => contexts.TryGetValue(name, out var value) ? value : name.StartsWith("steps.", StringComparison.Ordinal) ? "" : throw new FormatException($"Nothing is known about '{name}'.");

    private static YamlMappingNode Map(YamlMappingNode node, string key) => (YamlMappingNode)node.Children[key];

    private static string? Scalar(YamlMappingNode node, string key) => node.Children.TryGetValue(key, out var value) ? ((YamlScalarNode)value).Value : null;

    private static YamlMappingNode Load(string path)
    {
        using var reader = File.OpenText(path);
        var yaml = new YamlStream();
        yaml.Load(reader);
        return (YamlMappingNode)yaml.Documents[0].RootNode;
    }
}
