using ModelGuard.Analysis;
using ModelGuard.Checkpoints;
using ModelGuard.Diagnostics;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Text;
using ModelGuard.Policies;
using ModelGuard.Tests.Editing;
using static TorchSharp.torch;

namespace ModelGuard.Tests.Analysis;

public sealed class KeyAnalysisTests
{
    private static readonly string[] Names = ["star", "a star", "van gogh", "moon"];

    private static Checkpoint Sample { get; } = Checkpoint.Open(Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "model"));

    [Fact]
    public void Cosines_and_shares_are_those_of_the_keys_that_the_whole_encoder_has_there()
    {
        using var scope = NewDisposeScope();
        var tokenizer = CLIPTokenizer.Load(Sample, "tokenizer");
        string[] preserved = ["the moon", "hokusai", "red"];

        var geometry = KeyGeometry.Measure(Sample.Component("text_encoder"), tokenizer, Names, preserved);

        // Each name alone in the whole encoder, in double precision; the share by the normal equations.
        using var encoder = CLIPTextModel.Load(Sample.Component("text_encoder"), dtype: ScalarType.Float64);
        var own = stack([.. Names.Select(Key)]);
        var kept = stack([.. preserved.Select(Key)]);
        AssertClose(matmul(own, own.t()), geometry.Cosines);
        AssertClose(matmul(kept, own.t()), geometry.PreservedCosines);
        var inside = matmul(linalg.solve(matmul(own, own.t()), matmul(own, kept.t())).t(), own);
        AssertClose((inside * kept).sum(1, keepdim: true), new double[,] { { geometry.Shares[0] }, { geometry.Shares[1] }, { geometry.Shares[2] } });

        Tensor Key(string name)
        {
            long[] ids = [.. tokenizer.Encode(name)];
            var key = SomeEdit.Keys(encoder, 0, [ids])[0, tokenizer.TokenizeToIds(name).Length];
            return key / key.norm();
        }
    }

    [Fact]
    public void Names_whose_keys_nearly_coincide_and_preserved_ones_in_their_span_are_named_with_the_numbers()
    {
        var policy = Policy("circle");

        var found = Keys(policy, Sample).Select(d => d.ToString()).ToArray();

        Assert.Collection(
            found,
            d => Assert.Matches(@"^policy\.yaml\(6,70\): warning MG1065: In 'text_encoder' the key of 'a star' of 'second' nearly coincides with that of 'star' \(concept 'first', line 5\): cosine 0\.9[89][0-9], from 0\.9 on one edit pulls the other along\. Give both one target, or remove one of them\.$", d),
            d => Assert.Matches(@"^policy\.yaml\(7,19\): warning MG1066: In 'text_encoder' the key of the preserved 'the star' lies to (9[0-9]|100)\.[0-9] % in the span of the names that are edited \(nearest is 'a star' \(concept 'second', line 6\), cosine (0\.9[0-9]{2}|1\.000)\); from 90 % on it can hardly be kept apart\. Write 'preserve: hard' into 'edit', or choose other names\.$", d));
    }

    [Fact]
    public void Names_with_one_target_may_coincide_and_methods_that_edit_no_text_encoder_have_other_keys()
    {
        Assert.Equal("MG1066", Assert.Single(Keys(Policy("square"), Sample)).Code);
        var policy = Policy("circle");
        Assert.Empty(Keys(policy with { Edit = policy.Edit with { Method = "uce" } }, Sample));
    }

    [Fact]
    public void The_sample_policy_has_keys_far_apart() =>
        Assert.Empty(Keys(PolicyReader.Read(Path.Combine(RepositoryPaths.Root, "policies", "shapes.yaml")).Policy!, Sample));

    [Fact]
    public void Where_the_names_span_most_of_the_space_nothing_is_said_about_it()
    {
        // A width of 32: from nine names on.
        var concepts = Enumerable.Range(0, 9).Select(i => SomeEdit.Concept(FormattableString.Invariant($"name {(char)('a' + i)}"), "dog")).ToArray();
        var few = SomeEdit.Policy(SomeEdit.LastSubject(0.01), [.. concepts[..8]], SomeEdit.Preserved("name a "));
        var many = SomeEdit.Policy(SomeEdit.LastSubject(0.01), [.. concepts], SomeEdit.Preserved("name a "));

        Assert.Equal("MG1066", Assert.Single(Keys(few, SomeEdit.Tiny()), d => d.Code != "MG1065").Code);
        Assert.DoesNotContain(Keys(many, SomeEdit.Tiny()), d => d.Code == "MG1066");
    }

    [Fact]
    public void Both_text_encoders_of_Stable_Diffusion_XL_are_looked_at()
    {
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(0.01), [SomeEdit.Concept("van gogh", "dog")], SomeEdit.Preserved("van  gogh"));

        Assert.Equal(["'text_encoder'", "'text_encoder_2'"], Keys(policy, Checkpoint.Open(Golden.Model("sdxl-tiny"))).Select(d => d.Message.Split(' ')[1]), StringComparer.Ordinal);
    }

    [Fact]
    public void Names_are_compared_where_nothing_is_preserved()
    {
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(0.01), [SomeEdit.Concept("van gogh", "dog"), SomeEdit.Concept("van  gogh", "cat")]);

        Assert.Equal("MG1065", Assert.Single(Keys(policy, SomeEdit.Tiny())).Code);
    }

    [Fact]
    public void One_name_is_compared_with_nothing_and_its_base_is_not_even_opened()
    {
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(0.01), [SomeEdit.Concept("van gogh", "dog")]);

        Assert.Empty(PolicyAnalysis.Find(policy, null!, AnalysisDepth.Keys));
    }

    /// <summary>What the keys tell, without what the tokens tell already.</summary>
    private static Diagnostic[] Keys(Policy policy, Checkpoint checkpoint) => [.. PolicyAnalysis.Find(policy, checkpoint, AnalysisDepth.Keys).Where(d => d.Code is "MG1065" or "MG1066")];

    private static void AssertClose(Tensor expected, double[,] actual)
    {
        for (var i = 0; i < actual.GetLength(0); i++)
        {
            for (var j = 0; j < actual.GetLength(1); j++) Assert.Equal(expected[i, j].item<double>(), actual[i, j], 1e-4);
        }
    }

    private static Policy Policy(string secondTarget)
    {
        var result = PolicyReader.Parse($$"""
            version: 1
            model: { base: base, output: out }
            scorer: clip
            concepts:
              - { id: first,  action: remove, attribute: object, match: ["star"], replaceWith: "square", prompts: ["{concept}"] }
              - { id: second, action: remove, attribute: object, match: ["moon", "a star"], replaceWith: "{{secondTarget}}", prompts: ["{concept}"] }
            preserve: [heart, "the star"]
            gates:
              - { id: gone, metric: recognition, on: removed, max: 0.05 }
            """, "policy.yaml");
        Assert.Empty(result.Diagnostics);
        return result.Policy!;
    }
}
