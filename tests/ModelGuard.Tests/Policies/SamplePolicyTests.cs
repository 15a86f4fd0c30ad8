using System.Globalization;
using ModelGuard.Policies;
using YamlDotNet.RepresentationModel;
using YamlNode = YamlDotNet.RepresentationModel.YamlNode;

namespace ModelGuard.Tests.Policies;

/// <summary>The policies that users see first, held against another reading of the same YAML.</summary>
public sealed class SamplePolicyTests
{
    private static readonly string SamplePath = Path.Combine(RepositoryPaths.Root, "policies", "shapes.yaml");

    [Fact]
    public void Every_value_of_the_sample_policy_arrives()
    {
        var result = PolicyReader.Read(SamplePath);
        Assert.Empty(result.Diagnostics);
        var policy = result.Policy!;
        var root = Load(File.ReadAllText(SamplePath));

        Assert.Equal((Text(root["model"], "base"), Text(root["model"], "output"), Text(root, "scorer")), (policy.Model.Base, policy.Model.Output, policy.Scorer));
        Assert.Equal(Text(root["edit"], "method"), policy.Edit.Method);
        Assert.Equal(Texts(root["edit"], "layers"), policy.Edit.Layers!.Value.Select(l => l.ToString(CultureInfo.InvariantCulture)), StringComparer.Ordinal);
        var generation = root["generation"];
        Assert.Equal(new GenerationSection(Text(generation, "scheduler")!, (int)Number(generation, "steps"), Number(generation, "guidanceScale"), (int)Number(generation, "seeds")), policy.Generation);

        var concepts = ((YamlSequenceNode)root["concepts"]).Children;
        Assert.Equal(concepts.Count, policy.Concepts.Length);
        foreach (var (node, concept) in concepts.Zip(policy.Concepts)) AssertEqual(node, concept);

        var preserve = ((YamlSequenceNode)root["preserve"]).Children;
        Assert.Equal(preserve.Count, policy.Preserve.Length);
        foreach (var (node, preserved) in preserve.Zip(policy.Preserve))
        {
            Assert.Equal((Text(node, "name"), Text(node, "attribute")), (preserved.Name, Lower(preserved.Attribute)));
            Assert.Equal(Texts(node, "prompts"), preserved.Prompts, StringComparer.Ordinal);
        }

        var gates = ((YamlSequenceNode)root["gates"]).Children;
        Assert.Equal(gates.Select(g => (Text(g, "id"), Text(g, "metric"), Text(g, "on"))), policy.Gates.Select(g => ((string?)g.Id, (string?)g.Metric, Lower<GateScope>(g.On))));
        Assert.Equal(gates.Select(g => Number(g, PolicyWords.Limits.Keys.Single(k => Text(g, k) is not null))), policy.Gates.Select(g => g.Value));
    }

    [Fact]
    public void The_example_of_the_policy_page_is_a_valid_policy()
    {
        var page = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "policy.md"));
        const string Fence = "```yaml\n";
        var start = page.IndexOf(Fence, StringComparison.Ordinal) + Fence.Length;

        var policy = PolicyText.Read(page[start..page.IndexOf("```", start, StringComparison.Ordinal)]);

        Assert.Equal(["van-gogh", "head-of-state"], policy.Concepts.Select(c => c.Id), StringComparer.Ordinal);
    }

    private static void AssertEqual(YamlNode node, Concept concept)
    {
        Assert.Equal((Text(node, "id"), Text(node, "action"), Text(node, "attribute"), Text(node, "severity")), (concept.Id, Lower<ConceptAction>(concept.Action), Lower<AttributeKind>(concept.Attribute), Lower<Severity>(concept.Severity)));
        Assert.Equal((Text(node, "replaceWith") ?? Text(node, "to"), Text(node, "from")), (concept.Target, concept.From));
        Assert.Equal((Text(node, "owner"), Text(node, "reason"), Text(node, "displayName")), (concept.Owner, concept.Reason, concept.DisplayName));
        Assert.Equal(Texts(node, "match"), concept.Match, StringComparer.Ordinal);
        Assert.Equal(Texts(node, "prompts"), concept.Prompts, StringComparer.Ordinal);
    }

    private static YamlMappingNode Load(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return (YamlMappingNode)stream.Documents[0].RootNode;
    }

    private static string? Text(YamlNode node, string key) => ((YamlMappingNode)node).Children.TryGetValue(key, out var value) ? ((YamlScalarNode)value).Value : null;

    private static double Number(YamlNode node, string key) => double.Parse(Text(node, key)!, CultureInfo.InvariantCulture);

    private static IEnumerable<string> Texts(YamlNode node, string key) => ((YamlSequenceNode)node[key]).Children.Select(c => ((YamlScalarNode)c).Value!);

    private static string? Lower<T>(T? value)
        where T : struct, Enum => value?.ToString().ToLowerInvariant();
}
