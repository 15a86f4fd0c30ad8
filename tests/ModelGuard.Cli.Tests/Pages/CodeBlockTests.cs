using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ModelGuard.Policies;
using YamlDotNet.Serialization;

namespace ModelGuard.Cli.Tests.Pages;

/// <summary>Blocks of the pages that are no commands.</summary>
public sealed partial class CodeBlockTests
{
    // What each language is held against; C# is compiled and run with the packages (LibraryTests of ModelGuard.Packages.Tests).
    private static readonly string[] Tested = ["bash", "yaml", "json", "xml", "text", "markdown", "mermaid", "csharp"];

    private const string Minimal = """
        version: 1
        model: { base: models/base, output: out }
        scorer: clip
        concepts: [ { id: star, action: remove, attribute: object, match: ["star"], replaceWith: "circle", prompts: ["a {concept}"] } ]
        gates: [ { id: gone, metric: recognition, on: removed, max: 0.05 } ]
        """;

    private static IEnumerable<CodeBlock> Of(string language) => CodeBlock.All.Where(b => b.Language == language);

    [Fact]
    public void Every_block_names_a_language_that_is_tested() => Assert.All(CodeBlock.All, b => Assert.True(Tested.Contains(b.Language, StringComparer.Ordinal), $"{b} is of no language that is tested."));

    [Fact]
    public void Output_is_compared_or_said_to_be_an_illustration() => Assert.All(Of("text"), b => Assert.True(b.Info is "text illustration", $"{b}: write 'text illustration', or have a test compare it."));

    [Fact]
    public void Codes_in_illustrations_are_those_of_the_page_of_codes()
    {
        var known = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "diagnostics.md"));
        Assert.All(Of("text").SelectMany(b => Code().Matches(b.Text).Select(m => m.Value)), code => Assert.Contains(code, known, StringComparison.Ordinal));
    }

    [Fact]
    public void Policies_and_parts_of_them_are_read_without_a_finding() => Assert.All(Of("yaml").Where(b => !b.IsJob), b =>
    {
        var result = PolicyReader.Parse(Whole(b.Text), Path.Combine(RepositoryPaths.Root, "policies", "example.yaml"));
        Assert.True(result.Diagnostics.IsEmpty, $"{b}\n{string.Join('\n', result.Diagnostics)}");
    });

    [Fact]
    public void The_line_for_editors_names_the_schema_that_init_writes()
    {
        var blocks = Of("yaml").Where(b => b.Text.Contains("yaml-language-server", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(blocks);
        Assert.All(blocks, b => Assert.StartsWith($"# yaml-language-server: $schema={PolicySchema.FileName}\n", b.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void Steps_of_workflows_give_actions_of_this_repository_inputs_that_they_have()
    {
        var steps = CodeBlock.All.Where(b => b.IsJob).SelectMany(b => ((List<object>)Yaml(b.Text)["steps"]).Cast<Dictionary<object, object>>().Select(s => (Block: b, Step: s))).ToArray();
        Assert.NotEmpty(steps);
        Assert.All(steps, s =>
        {
            if (s.Step.TryGetValue("run", out var run)) Assert.All(((string)run).Split('\n').Select(CommandLines.OfTool).OfType<string>(), a => Assert.Empty(CommandLines.Errors(a)));
            else if (Own().Match((string)s.Step["uses"]) is { Success: true } own)
            {
                var inputs = (Dictionary<object, object>)Yaml(File.ReadAllText(Path.Combine(RepositoryPaths.Root, ".github", "actions", own.Groups["name"].Value, "action.yml")))["inputs"];
                Assert.Subset(inputs.Keys.ToHashSet(), ((Dictionary<object, object>)s.Step["with"]).Keys.ToHashSet());
            }
        });
    }

    [Fact]
    public void Json_is_json() => Assert.All(Of("json"), b => JsonDocument.Parse(b.Text).Dispose());

    [Fact]
    public async Task Parts_of_projects_are_evaluated_by_msbuild()
    {
        var blocks = Of("xml").Where(b => b.Text.Contains("ModelGuardPolicy", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(blocks);
        using var folder = new TemporaryFolder();
        foreach (var block in blocks)
        {
            // The SDK brings nothing that these items depend on, and would have to be fetched.
            var inner = block.Text.Contains("<Project", StringComparison.Ordinal) ? string.Concat(XElement.Parse(block.Text).Elements()) : block.Text.Contains("<ItemGroup", StringComparison.Ordinal) ? block.Text : $"<ItemGroup>{block.Text}</ItemGroup>";
            await File.WriteAllTextAsync(folder["page.proj"], $"<Project>{inner}</Project>", TestContext.Current.CancellationToken);

            var found = await ChildProcess.RunAsync("dotnet", ["msbuild", folder["page.proj"], "-getItem:ModelGuardPolicy", "-getItem:PackageReference"], folder.Path, ("MSBUILDDISABLENODEREUSE", "1"));

            Assert.True(found.ExitCode == 0, $"{block}\n{found.All}");
            var items = JsonDocument.Parse(found.Output).RootElement.GetProperty("Items");
            Assert.Equal("modelguard.yaml", items.GetProperty("ModelGuardPolicy")[0].GetProperty("Identity").GetString());
            // A part that names no package stands behind the command that adds it.
            if (items.GetProperty("PackageReference").EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } package) Assert.Equal(("ModelGuard.MSBuild", Property("Directory.Build.props", "Version")), (package.GetProperty("Identity").GetString(), package.GetProperty("Version").GetString()));
            else Assert.Contains(CodeBlock.All, b => b.Page == block.Page && b.Commands.Contains("dotnet add package ModelGuard.MSBuild", StringComparer.Ordinal));
            if (Sdk().Match(block.Text) is { Success: true } sdk) Assert.Equal(Property("Directory.Packages.props", "NoTargetsVersion"), sdk.Groups["version"].Value);
        }
    }

    [Fact]
    public void Parts_of_reports_have_the_elements_of_real_ones()
    {
        var real = File.ReadAllText(Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "src", "ModelGuard.Rendering", "JUnit"), "*.cs").First());
        Assert.All(Of("xml").Where(b => !b.Text.Contains("ModelGuardPolicy", StringComparison.Ordinal)), b =>
            Assert.All(XElement.Parse(b.Text).DescendantsAndSelf().SelectMany(e => e.Attributes().Select(a => a.Name.LocalName).Append(e.Name.LocalName)), name => Assert.Contains($"\"{name}\"", real, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_report_in_Markdown_is_one_that_a_test_holds()
    {
        var snapshots = Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "tests"), "*.verified.txt", SearchOption.AllDirectories).Select(File.ReadAllText).ToArray();
        Assert.All(Of("markdown"), b => Assert.All(b.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(3), line => Assert.Contains(snapshots, s => s.Contains(line, StringComparison.Ordinal))));
    }

    // ArchitecturePageTests reads it.
    [Fact]
    public void The_only_diagram_is_the_one_that_is_compared_with_the_projects() => Assert.Equal("docs/architecture.md", Assert.Single(Of("mermaid")).Page);

    // A part of a policy stands in a smallest one, in place of what that has of it.
    private static string Whole(string text)
    {
        if (text.Contains("version: 1", StringComparison.Ordinal)) return text;
        var keys = TopLevel().Matches(text).Select(m => m.Value).ToArray();
        return $"{string.Join('\n', Minimal.Split('\n').Where(l => !keys.Contains(TopLevel().Match(l).Value, StringComparer.Ordinal)))}\n{text}";
    }

    private static Dictionary<object, object> Yaml(string text) => new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(text);

    private static string Property(string file, string name) => XDocument.Load(Path.Combine(RepositoryPaths.Root, file)).Descendants(name).First().Value;

    [GeneratedRegex(@"MG\d{4}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Code();

    [GeneratedRegex("/[.]github/actions/(?<name>[a-z-]+)@", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Own();

    [GeneratedRegex("Sdk=\"Microsoft.Build.NoTargets/(?<version>[0-9.]+)\"", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Sdk();

    [GeneratedRegex("^[A-Za-z]+:", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.Multiline)]
    private static partial Regex TopLevel();
}
