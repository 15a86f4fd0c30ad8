using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Editing;
using ModelGuard.Editing.Methods;
using ModelGuard.Policies;

namespace ModelGuard.Tests.Editing;

public sealed class EditMethodsTests
{
    private const string FirstOutProj = "text_model.encoder.layers.0.self_attn.out_proj.weight";
    private const string FirstFc2 = "text_model.encoder.layers.0.mlp.fc2.weight";
    private static readonly ImmutableArray<Concept> Two = [SomeEdit.Concept(["van gogh", "vincent"], "a painting"), SomeEdit.Concept("snoopy", "a dog") with { Attribute = AttributeKind.Object }];
    private static readonly ImmutableArray<PreservedConcept> Kept = [SomeEdit.Preserved("monet") with { Attribute = AttributeKind.Style }, SomeEdit.Preserved("a cat"), SomeEdit.Preserved("castle") with { Attribute = AttributeKind.Object }];

    public static TheoryData<string, string> MethodsAndFamilies => [.. from method in EditMethods.All from family in new[] { "sd1-tiny", "sd2-tiny", "sdxl-tiny" } select (method.Name, family)];

    public static TheoryData<string> MethodNames => [.. EditMethods.All.Select(m => m.Name)];

    [Fact]
    public void A_policy_can_name_each_method_and_no_other() => Assert.Equal(EditMethods.All.Select(m => m.Name).Order(StringComparer.Ordinal), PolicyWords.Methods.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(MethodsAndFamilies))]
    public void A_method_edits_exactly_the_tensors_that_it_names_and_leaves_no_way_to_the_picture_open(string method, string family)
    {
        var checkpoint = Checkpoint.Open(Find(family));

        var edits = SomeEdit.Solve(checkpoint, Policy(method));

        string[] encoders = family == "sdxl-tiny" ? ["text_encoder", "text_encoder_2"] : ["text_encoder"];
        string[] expected = method switch
        {
            DiffQuickFix.MethodName or DiffQuickFixPublished.MethodName => [.. encoders.Select(e => $"{e}/{FirstOutProj}")],
            TextEncoderMlp.MethodName => [.. encoders.Select(e => $"{e}/{FirstFc2}")],
            _ => [.. CrossAttention(checkpoint).Take(2), .. family == "sdxl-tiny" ? ["unet/add_embedding.linear_1.weight"] : Array.Empty<string>()],
        };
        Assert.Equal(expected.Order(StringComparer.Ordinal), edits.Select(e => $"{e.Component}/{e.Name}").Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.All(edits, e => Assert.NotEqual(e.Facts.DigestBefore, e.Facts.DigestAfter, StringComparer.Ordinal));
        Assert.All(edits, e => Assert.True(double.IsFinite(e.Facts.ConditionNumber) && double.IsFinite(e.Facts.Residual)));
        Assert.All(TextPaths.Of(checkpoint, edits), path => Assert.True(path.IsEdited, path.Name));
        Assert.Equal(family == "sdxl-tiny" ? 3 : 1, TextPaths.Of(checkpoint, edits).Length);
    }

    [Theory]
    [MemberData(nameof(MethodNames))]
    public void The_order_of_concepts_and_preserved_names_changes_no_bit(string method)
    {
        var policy = Policy(method);
        var other = policy with { Concepts = [.. policy.Concepts.Reverse().Select(c => c with { Match = [.. c.Match.Reverse()] })], Preserve = [.. policy.Preserve.Reverse()] };

        var (first, second) = (SomeEdit.Solve(SomeEdit.Tiny(), policy), SomeEdit.Solve(SomeEdit.Tiny(), other));

        Assert.Equal(first.Select(e => e.Facts), second.Select(e => e.Facts));
        foreach (var (a, b) in first.Zip(second)) Assert.Equal(a.Bytes, b.Bytes);
    }

    [Fact]
    public void A_way_without_an_edit_is_named()
    {
        var checkpoint = Checkpoint.Open(GoldenModels.StableDiffusionXL);
        var edits = SomeEdit.Solve(checkpoint, Policy("uce"));

        var open = TextPaths.Of(checkpoint, [.. edits.Where(e => e.Name.Contains(".attn2.", StringComparison.Ordinal))]).Where(p => !p.IsEdited);

        Assert.Equal("text_encoder_2 → pooled text → add_embedding", Assert.Single(open).Name);
    }

    [Theory]
    [InlineData("uce")]
    [InlineData("loco-edit")]
    public void A_cross_attention_layer_that_the_unet_lacks_is_refused(string method)
    {
        var policy = Policy(method);

        var error = Assert.Throws<EditException>(() => SomeEdit.Solve(SomeEdit.Tiny(), policy with { Edit = policy.Edit with { Layers = [0, 99] } }));

        Assert.Equal("MG1001", error.Code);
        Assert.Contains("names the cross-attention layer 99", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Auto_is_the_whole_cross_attention()
    {
        var policy = Policy("uce");

        var edits = SomeEdit.Solve(SomeEdit.Tiny(), policy with { Edit = policy.Edit with { Layers = null } });

        Assert.Equal(CrossAttention(SomeEdit.Tiny()), edits.Select(e => $"unet/{e.Name}"), StringComparer.Ordinal);
    }

    internal static Policy Policy(string method) => SomeEdit.Policy(
        new EditSection(method, [0], 0.01, TokenSelection.SubjectToEnd, 1, ["{}", "a photo of {}"]) { Contexts = 6, CovarianceWeight = 5, Captions = 20 }, Two, Kept);

    private static IEnumerable<string> CrossAttention(Checkpoint checkpoint)
    {
        using var weights = checkpoint.Component("unet").OpenWeights();
        return [.. CrossAttentionLayer.Of(weights).SelectMany(l => l.Weights).Select(w => $"unet/{w}")];
    }

    internal static string Find(string name)
    {
        if (name == "sdxl-tiny") return GoldenModels.StableDiffusionXL;
        var path = Directory.Exists(Golden.Model(name)) ? Golden.Model(name) : Path.Combine(RepositoryPaths.Shared, "golden", name);
        Assert.SkipUnless(Directory.Exists(path), $"The reference data '{name}' is neither in tests/golden nor in shared/golden beside the repository.");
        return path;
    }
}
