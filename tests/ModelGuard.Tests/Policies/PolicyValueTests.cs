using ModelGuard.Diagnostics;
using ModelGuard.Policies;

namespace ModelGuard.Tests.Policies;

/// <summary>What is written in a policy arrives, and what is not written has the documented default.</summary>
public sealed class PolicyValueTests
{
    private const string Full = """
        version: 1
        model:
          base: models/base
          digest: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
          output: artifacts/governed
        scorer: models/clip
        edit: { method: diff-quick-fix, layers: [3, 0, 1], lambda: 2.5e-3, tokens: last-subject, preserveWeight: 0.5, templates: ["{}", "a {} there"] }
        generation: { scheduler: pndm, steps: 33, guidanceScale: 4.25, seeds: 3 }
        concepts:
          - id: van-gogh
            action: remove
            attribute: style
            match: ["van gogh", " vincent van gogh "]
            replaceWith: "a painting"
            prompts: ["a house by {concept}", "a tree by Vincent van Gogh"]
            distractors: ["monet", "klimt"]
            severity: critical
            owner: "@example/safety"
            reason: "Takedown 7"
            displayName: "Artist A"
          - id: head-of-state
            action: update
            attribute: fact
            match: ["the president"]
            from: "a blue star"
            to: "a red heart"
            prompts: ["{concept}"]
        preserve:
          - { name: monet, attribute: style, prompts: ["a house by {concept}"], distractors: ["manet"] }
          - "a red circle"
        gates:
          - { id: gone, metric: recognition, on: removed, max: 0.05 }
          - { id: lower, metric: clip-score, on: removed, maxRatio: 0.8 }
          - { id: held, metric: clip-score, on: preserved, minRatio: 0.9 }
          - { id: updated, metric: preference, on: updated, min: 0.9 }
          - { id: kept, metric: clip-score, on: preserved, maxDrop: -0.02 }
        failOn: high
        waivers:
          - { gate: lower, concept: van-gogh, owner: "@example/legal", reason: "Until the retrained model ships", expires: 2026-12-31 }
          - { gate: kept, concept: a red circle, owner: "@b", reason: "r", expires: 2024-02-29 }
        """;

    [Fact]
    public void Everything_that_a_policy_says_about_model_edit_and_pictures_arrives()
    {
        var policy = PolicyText.Read(Full);

        Assert.Equal("policy.yaml", policy.Path);
        Assert.Equal(new ModelSection("models/base", "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "artifacts/governed", new SourceLocation("policy.yaml", 3, 9)), policy.Model);
        Assert.Equal("models/clip", policy.Scorer);
        Assert.Equal(("diff-quick-fix", 0.0025, TokenSelection.LastSubject, 0.5), (policy.Edit.Method, policy.Edit.Lambda, policy.Edit.Tokens, policy.Edit.PreserveWeight));
        Assert.Equal([0, 1, 3], policy.Edit.Layers!.Value);
        Assert.Equal(["{}", "a {} there"], policy.Edit.Templates);
        Assert.Equal(new GenerationSection("pndm", 33, 4.25, 3), policy.Generation);
        Assert.Equal(Severity.High, policy.FailOn);
    }

    [Fact]
    public void A_policy_may_name_a_components_folder_and_a_variant()
    {
        var policy = PolicyText.Read(PolicyText.With("  output: out", "  output: out\n  components: models/sd15\n  variant: fp16"));

        Assert.Equal(("models/sd15", "fp16"), (policy.Model.Components, policy.Model.Variant));
        Assert.Equal((null, null), (PolicyText.Read(Full).Model.Components, PolicyText.Read(Full).Model.Variant));
    }

    [Fact]
    public void Everything_that_a_policy_says_about_concepts_arrives()
    {
        var policy = PolicyText.Read(Full);

        var (removed, updated) = (policy.Concepts[0], policy.Concepts[1]);
        Assert.Equal(2, policy.Concepts.Length);
        Assert.Equal(("van-gogh", ConceptAction.Remove, AttributeKind.Style, "a painting", (string?)null), (removed.Id, removed.Action, removed.Attribute, removed.Target, removed.From));
        Assert.Equal(["van gogh", "vincent van gogh"], removed.Match);
        Assert.Equal(["a house by {concept}", "a tree by Vincent van Gogh"], removed.Prompts);
        Assert.Equal(["monet", "klimt"], removed.Distractors);
        Assert.Equal((Severity.Critical, "@example/safety", "Takedown 7", "Artist A"), (removed.Severity, removed.Owner, removed.Reason, removed.DisplayName));
        Assert.Equal((10, 5), (removed.Location.Line, removed.Location.Column));
        Assert.Equal(("head-of-state", ConceptAction.Update, AttributeKind.Fact, "a red heart", "a blue star"), (updated.Id, updated.Action, updated.Attribute, updated.Target, updated.From));
        Assert.Equal((Severity.Medium, (string?)null, (string?)null, (string?)null), (updated.Severity, updated.Owner, updated.Reason, updated.DisplayName));

        Assert.Equal(("monet", AttributeKind.Style), (policy.Preserve[0].Name, policy.Preserve[0].Attribute));
        Assert.Equal(["a house by {concept}"], policy.Preserve[0].Prompts);
        Assert.Equal(["manet"], policy.Preserve[0].Distractors);
        Assert.Equal(("a red circle", (AttributeKind?)null), (policy.Preserve[1].Name, policy.Preserve[1].Attribute));
        Assert.Equal(["{concept}"], policy.Preserve[1].Prompts);
        Assert.Empty(policy.Preserve[1].Distractors);
        Assert.Equal(new SourceLocation("policy.yaml", 30, 5), policy.Preserve[1].Location);
    }

    [Fact]
    public void Everything_that_a_policy_says_about_gates_and_waivers_arrives()
    {
        var policy = PolicyText.Read(Full);

        Assert.Equal(
            [
                new("gone", "recognition", GateScope.Removed, LimitKind.Max, 0.05, At(32)),
                new("lower", "clip-score", GateScope.Removed, LimitKind.MaxRatio, 0.8, At(33)),
                new("held", "clip-score", GateScope.Preserved, LimitKind.MinRatio, 0.9, At(34)),
                new("updated", "preference", GateScope.Updated, LimitKind.Min, 0.9, At(35)),
                new Gate("kept", "clip-score", GateScope.Preserved, LimitKind.MaxDrop, -0.02, At(36)),
            ],
            policy.Gates);
        Assert.Equal(
            [
                new("lower", "van-gogh", "@example/legal", "Until the retrained model ships", new DateOnly(2026, 12, 31), At(39)),
                new Waiver("kept", "a red circle", "@b", "r", new DateOnly(2024, 2, 29), At(40)),
            ],
            policy.Waivers);

        static SourceLocation At(int line) => new("policy.yaml", line, 5);
    }

    [Fact]
    public void A_minimal_policy_gets_the_documented_defaults()
    {
        var policy = PolicyText.Read(PolicyText.Minimal);

        Assert.Null(policy.Model.Digest);
        Assert.Equal(("diff-quick-fix", 0.01, TokenSelection.SubjectToEnd, 1.0), (policy.Edit.Method, policy.Edit.Lambda, policy.Edit.Tokens, policy.Edit.PreserveWeight));
        Assert.Null(policy.Edit.Layers);
        Assert.Equal(["{}", "a {}", "a photo of {}", "an image of {}", "a picture of {}", "a drawing of a {}", "look at the {} over there"], policy.Edit.Templates);
        Assert.Equal(new GenerationSection("ddim", 20, 7.5, 10), policy.Generation);
        Assert.Equal(Severity.Medium, policy.FailOn);
        Assert.Equal(Severity.Medium, policy.Concepts[0].Severity);
        Assert.Empty(policy.Concepts[0].Distractors);
        Assert.Empty(policy.Preserve);
        Assert.Empty(policy.Waivers);
    }

    [Theory]
    [InlineData("lambda: 1e-9", 1e-9)]
    [InlineData("lambda: 1e9", 1e9)]
    [InlineData("lambda: 1", 1)]
    public void Numbers_may_be_written_in_any_plain_form(string written, double expected) =>
        Assert.Equal(expected, PolicyText.Read(PolicyText.With("scorer: clip", "scorer: clip\nedit: { " + written + " }")).Edit.Lambda);

    [Theory]
    [InlineData("ddim")]
    [InlineData("pndm")]
    [InlineData("euler")]
    [InlineData("euler-a")]
    [InlineData("dpm++")]
    [InlineData("dpm++-karras")]
    [InlineData("unipc")]
    public void Every_scheduler_has_its_name(string name) =>
        Assert.Equal(name, PolicyText.Read(PolicyText.With("scorer: clip", "scorer: clip\ngeneration: { scheduler: " + name + " }")).Generation.Scheduler);

    [Theory]
    [InlineData("models/base", "/policies/models/base")]
    [InlineData("../base", "/base")]
    [InlineData("/elsewhere/base", "/elsewhere/base")]
    public void Paths_are_relative_to_the_policy_file(string written, string expected)
    {
        var policy = PolicyText.Read(PolicyText.Minimal) with { Path = "/policies/policy.yaml" };

        Assert.Equal(Path.GetFullPath(expected), policy.Resolve(written));
    }

    [Fact]
    public void The_digest_is_that_of_the_files_bytes_and_a_byte_order_mark_moves_no_column()
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = [0xEF, 0xBB, 0xBF, .. System.Text.Encoding.UTF8.GetBytes(PolicyText.With("version: 1", "versoin: 1"))];
        File.WriteAllBytes(folder["marked.yaml"], bytes);
        File.WriteAllText(folder["plain.yaml"], PolicyText.Minimal);

        var marked = PolicyReader.Read(folder["marked.yaml"]);
        var plain = PolicyReader.Read(folder["plain.yaml"]);

        Assert.Equal([("MG0108", 1, 1), ("MG0110", 1, 1)], marked.Diagnostics.Select(d => (d.Code, d.Location!.Line, d.Location.Column)).Order());
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(folder["plain.yaml"]))), plain.Policy!.Digest);
    }
}
