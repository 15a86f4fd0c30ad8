using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Text;
using ModelGuard.Editing;
using ModelGuard.Editing.Methods;
using ModelGuard.Policies;
using static TorchSharp.torch;

namespace ModelGuard.Tests.Editing;

public sealed class PublishedConstraintsTests
{
    private static readonly Policy VanGogh = SomeEdit.Policy(SomeEdit.LastSubject(5) with { Method = DiffQuickFixPublished.MethodName }, [SomeEdit.Concept("van gogh", "painting")]);

    /// <summary>The notebook prints «Length of Keys: 291» for 'van gogh' → 'painting': 75 + 3 × 72.</summary>
    [Fact]
    public void With_the_vocabulary_of_clip_there_are_as_many_constraints_as_the_notebook_prints()
    {
        var folder = Path.Combine(RepositoryPaths.Shared, "golden", "tokenizer");
        Assert.SkipUnless(Directory.Exists(folder), "The vocabulary of CLIP is not in shared/golden beside the repository.");

        var plan = DiffQuickFixPublished.Plan(VanGogh, CLIPTokenizer.Load(folder));

        Assert.Equal(291, plan.OldPositions.Length);
        Assert.Equal([72, 72, 72, 75], plan.OldPositions.GroupBy(p => p.Prompt).Select(g => g.Count()).Order());
        // 'a photo of van gogh' has five tokens, 'a photo of painting' four.
        Assert.Contains((0, 5), plan.OldPositions);
        Assert.Equal([(0, 4), (1, 4), (2, 4), (3, 1)], plan.NewPositions.GroupBy(p => p.Prompt).Select(g => g.First()));
        Assert.Empty(plan.PreservedIds);
    }

    [Fact]
    public void The_weight_is_that_of_the_formula_with_the_bias_in_the_value()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var tiny = SomeEdit.Tiny();
        var plan = DiffQuickFixPublished.Plan(VanGogh, CLIPTokenizer.Load(tiny.TokenizerFolder("tokenizer")));
        using var encoder = CLIPTextModel.Load(tiny.Component("text_encoder"), ScalarType.Float64);
        var w0 = Parameter(encoder, "weight");
        var keys = KeyRows.Of(SomeEdit.Keys(encoder, 0, plan.OldIds), plan.OldPositions);
        var values = matmul(KeyRows.Of(SomeEdit.Keys(encoder, 0, plan.NewIds), plan.NewPositions), w0.t()) + Parameter(encoder, "bias");
        // (λ W0 + Σ v kᵀ)(λ I + Σ k kᵀ)⁻¹ with λ = 0.01, as the notebook writes it.
        var expected = matmul((0.01 * w0) + matmul(values.t(), keys), linalg.inv((0.01 * eye(32, dtype: ScalarType.Float64)) + matmul(keys.t(), keys)));

        var edit = Assert.Single(SomeEdit.Solve(tiny, VanGogh));

        var actual = empty(32, 32);
        edit.Bytes.AsSpan().CopyTo(actual.bytes);
        Assert.InRange(((actual.to(ScalarType.Float64) - expected).norm() / expected.norm()).item<double>(), 0, 1e-6);
        Assert.Equal((CLIPTextLayers.OutProj(0) + ".weight", plan.OldPositions.Length, 0), (edit.Name, edit.Facts.Constraints, edit.Facts.Preserved));
    }

    private static TorchSharp.Modules.Parameter Parameter(CLIPTextModel encoder, string name) => encoder.named_parameters().First(p => p.name == $"{CLIPTextLayers.OutProj(0)}.{name}").parameter;
}
