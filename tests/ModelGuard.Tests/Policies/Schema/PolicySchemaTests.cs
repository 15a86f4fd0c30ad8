using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CsCheck;
using ModelGuard.Policies;

namespace ModelGuard.Tests.Policies.Schema;

/// <summary>The published schema and the reader accept the same policies.</summary>
public sealed partial class PolicySchemaTests : IDisposable
{
    private const int Valid = 250;
    private const int Changed = 2000;

    /// <summary>What a schema cannot state, because it looks at one value at a time, and not at others or at the disk.</summary>
    private static readonly (string Code, string Reason)[] BetweenParts =
    [
        ("MG0117", "ids are compared with each other"),
        ("MG0119", "a prompt is searched for the names of its concept"),
        ("MG0128", "layers of one section against kinds of another"),
        ("MG0130", "names are compared with each other"),
        ("MG0131", "names are compared with each other"),
        ("MG0132", "a target is searched for names"),
        ("MG0133", "scopes of gates against actions of concepts"),
        ("MG0134", "a waiver refers to a gate"),
        ("MG0135", "a waiver refers to a concept"),
        ("MG0138", "where a file lies"),
        ("MG0140", "what a file holds"),
        ("MG0141", "prompts are searched for preserved names"),
        ("MG0144", "metrics of gates against probes of concepts"),
        ("MG0145", "one number is compared with another"),
    ];

    /// <summary>All others that a policy of well-formed YAML can give.</summary>
    private static readonly string[] OfOneValue = ["MG0102", "MG0106", "MG0108", "MG0110", "MG0111", "MG0112", "MG0113", "MG0114", "MG0115", "MG0116", "MG0118", "MG0120", "MG0121", "MG0122", "MG0123", "MG0124", "MG0125", "MG0126", "MG0127", "MG0129", "MG0137", "MG0142", "MG0143", "MG0147"];

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TemporaryFolder folder = new();

    public PolicySchemaTests() => File.WriteAllText(folder[PolicyGenerator.PromptFile], "a {concept} of a file\n");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Reader_and_schema_accept_and_refuse_the_same_policies()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var (accepted, refused, between) = (0, 0, 0);
        foreach (var policy in Policies())
        {
            var text = Yaml(policy);
            string[] codes = [.. PolicyReader.Parse(text, folder["policy.yaml"]).Diagnostics.Select(d => d.Code).Distinct(StringComparer.Ordinal)];
            string[] ofOne = [.. codes.Except(BetweenParts.Select(b => b.Code), StringComparer.Ordinal)];

            var errors = SchemaJudge.Errors(policy);

            Assert.True(errors.Length == 0 == (ofOne.Length == 0), $"The reader says {(codes.Length == 0 ? "nothing" : string.Join(", ", codes))}, the schema says {(errors.Length == 0 ? "nothing" : errors)}, of\n{text}");
            seen.UnionWith(codes);
            if (codes.Length == 0) accepted++;
            else if (ofOne.Length > 0) refused++;
            else between++;
        }

        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{accepted} accepted, {refused} refused by both, {between} refused for what a schema cannot state."));
        Assert.InRange(accepted, 200, Valid + Changed);
        Assert.InRange(refused, 200, Changed);
        Assert.InRange(between, 1, Changed);
        Assert.Empty(OfOneValue.Except(seen, StringComparer.Ordinal));
        Assert.Empty(seen.Except(OfOneValue, StringComparer.Ordinal).Except(BetweenParts.Select(b => b.Code), StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("scorer: clip", "scorer: 'null'")]
    [InlineData("scorer: clip", "scorer: 1984")]
    [InlineData("scorer: clip", "scorer: clip\ngeneration: { steps: +20, guidanceScale: 1e1 }")]
    [InlineData("max: 0.05", "maxDrop: 5 %")]
    public void What_YAML_can_write_in_several_ways_both_accept(string old, string replacement)
    {
        var text = PolicyText.With(old, replacement);

        Assert.Empty(PolicyReader.Parse(text, "policy.yaml").Diagnostics);
        Assert.Empty(SchemaJudge.Errors(YamlJson.Parse(text)));
    }

    [Theory]
    [InlineData("scorer: clip", "scorer: null", "MG0111")]
    [InlineData("scorer: clip", "scorer:", "MG0111")]
    [InlineData("match: [\"star\"]", "match: [\"star\", ~]", "MG0111")]
    [InlineData("scorer: clip", "scorer: clip\npreserve: [Null]", "MG0111")]
    [InlineData("id: star", "id: null", "MG0116")]
    [InlineData("id: star", "id: true", "MG0116")]
    [InlineData("scorer: clip", "scorer: clip\nedit: { allowFirstLayerOnly: 'true' }", "MG0114")]
    [InlineData("max: 0.05", "max: '0.05'", "MG0113")]
    [InlineData("max: 0.05", "maxDrop: 101%", "MG0113")]
    public void What_YAML_takes_for_something_else_both_refuse(string old, string replacement, string code)
    {
        var text = PolicyText.With(old, replacement);

        Assert.Equal([code], PolicyReader.Parse(text, "policy.yaml").Diagnostics.Select(d => d.Code), StringComparer.Ordinal);
        Assert.NotEmpty(SchemaJudge.Errors(YamlJson.Parse(text)));
    }

    // A schema sees values; the reader sees how they are written, and takes one way only.
    [Theory]
    [InlineData("version: 1\n", "version: 1.0\n", "MG0120")]
    [InlineData("scorer: clip", "scorer: clip\ngeneration: { steps: 20.0 }", "MG0113")]
    [InlineData("scorer: clip", "scorer: clip\ngeneration: { steps: 0x14 }", "MG0113")]
    [InlineData("scorer: clip", "scorer: clip\nedit: { layers: [+1] }", "MG0124")]
    [InlineData("scorer: clip", "scorer: clip\nedit: { allowFirstLayerOnly: True }", "MG0114")]
    [InlineData("max: 0.05", "maxDrop: '5%'", "MG0113")]
    public void What_is_written_in_an_unusual_way_the_reader_alone_refuses(string old, string replacement, string code)
    {
        var text = PolicyText.With(old, replacement);

        Assert.Equal([code], PolicyReader.Parse(text, "policy.yaml").Diagnostics.Select(d => d.Code), StringComparer.Ordinal);
        Assert.Empty(SchemaJudge.Errors(YamlJson.Parse(text)));
    }

    // The other way round: a word is a text to the reader, and texts lose white space at both ends.
    [Fact]
    public void White_space_around_a_word_the_schema_alone_refuses()
    {
        var text = PolicyText.With("metric: recognition", "metric: ' recognition '");

        Assert.Empty(PolicyReader.Parse(text, "policy.yaml").Diagnostics);
        Assert.NotEmpty(SchemaJudge.Errors(YamlJson.Parse(text)));
    }

    [Fact]
    public void The_policies_of_the_repository_fit_the_schema()
    {
        string[] files = [.. Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "policies"), "*.yaml"), Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "trace.yaml")];
        string[] pages = [.. new[] { "README.md", "docs/policy.md" }.Select(p => Path.Combine(RepositoryPaths.Root, p)).SelectMany(p => Fenced().Matches(File.ReadAllText(p))).Select(m => m.Groups["text"].Value).Where(t => t.StartsWith("version: 1", StringComparison.Ordinal))];

        Assert.Equal(2, pages.Length);
        Assert.All(files.Select(File.ReadAllText).Concat(pages), text => Assert.Empty(SchemaJudge.Errors(YamlJson.Parse(text))));
    }

    private IEnumerable<JsonNode?> Policies()
    {
        // Always the same ones: a test that fails now and then says little.
        var random = PCG.Parse("0N0XIzNsQ0O2");
        var change = Gen.Select(PolicyGenerator.Policies, Gen.Int[0, 1 << 20], Gen.Int[0, 1 << 20], Gen.Int[0, 1 << 20], (policy, place, kind, choice) => PolicyMutations.Apply(policy, place, kind, choice));
        for (var i = 0; i < Valid; i++) yield return PolicyGenerator.Policies.Generate(random, null, out _);
        for (var i = 0; i < Changed; i++) yield return change.Generate(random, null, out _);
    }

    /// <summary>JSON is YAML, but for percentages, which a policy writes without quotation marks.</summary>
    private static string Yaml(JsonNode? policy)
    {
        var text = QuotedPercentage().Replace(policy?.ToJsonString(Readable) ?? "null", "${percentage}");
        Assert.Equal(policy?.ToJsonString(), YamlJson.Parse(text)?.ToJsonString());
        return text;
    }

    [GeneratedRegex("""(?<=": )"(?<percentage>[-+.0-9][-+.0-9 ]*%)"(?=,?\n)""", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex QuotedPercentage();

    [GeneratedRegex("^```yaml\n(?<text>.*?)^```$", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Fenced();
}
