using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Editing;
using ModelGuard.Policies;
using ModelGuard.Tests.Editing;
using ModelGuard.Tracing;
using static TorchSharp.torch;

namespace ModelGuard.Tests.Tracing;

/// <summary>Checkpoints whose knowledge was moved on purpose: a trace must find where to.</summary>
public sealed class PlantedTraceTests
{
    private static readonly TraceSubject Star = new("a red star", "star", "hokusai", "circle", ["star"]);

    [Fact]
    public void In_the_sample_as_it_is_the_first_self_attention_stands_out()
    {
        using var pipeline = TracedModels.Sample();

        AssertFound(pipeline, 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Knowledge_that_was_moved_to_a_later_attention_is_found_there(int layer)
    {
        // The first layers add nothing any more, so what the words mean enters by this layer.
        using var pipeline = TracedModels.Sample();
        Silence(pipeline, [.. Enumerable.Range(0, layer)]);

        AssertFound(pipeline, layer);
    }

    [Fact]
    public void The_layers_of_an_edit_follow_the_trace()
    {
        using var pipeline = TracedModels.Sample();
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(0.01) with { Layers = null }, [SomeEdit.Concept(["star"], "circle") with { Prompts = ["a red {concept}", "a photo of a {concept}"] }]);

        var before = Assert.Single(LayerChoices.Choose(pipeline, policy));
        Silence(pipeline, 0);
        var after = Assert.Single(LayerChoices.Choose(pipeline, policy));

        Assert.Equal((true, "text_encoder"), (before.IsLocalised, before.Component));
        Assert.Equal([0], before.Layers);
        Assert.Equal([1], after.Layers);
        Assert.True(Assert.Single(after.Evidence).Controls!.Passed);
    }

    [Fact]
    public void A_concept_that_an_edit_wrote_into_the_last_layer_is_written_out_there()
    {
        // The nonsense word becomes a star in layer 2 alone; what it does on the way there stays.
        using var plain = TracedModels.Sample();
        var sample = Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "model");
        var edit = new EditSection("diff-quick-fix", [2], 0.001, TokenSelection.SubjectToEnd, 0, ["{}", "a {}", "a red {}", "a photo of a {}"]);
        var solved = Assert.Single(SomeEdit.Solve(Checkpoints.Checkpoint.Open(sample), SomeEdit.Policy(edit, [SomeEdit.Concept(["glorp"], "star")])));
        using var edited = TracedModels.Sample();
        Overwrite(edited, solved);
        var subject = new TraceSubject("a red glorp", "glorp", "hokusai", "circle", ["glorp"]);

        double Direct(StableDiffusionPipeline pipeline, int layer)
        {
            var trace = new Tracer(pipeline, TracedModels.Few).TextEncoder("text_encoder", [subject]).Others[DirectEffects.Measure][0];
            return trace.Share(trace.Cells.Single(c => c.Site == TraceSite.OfText(SiteKind.SelfAttention, layer, 1) && trace.Rows[c.Row].Role == TokenRole.All));
        }

        var (before, after) = (Direct(plain, 2), Direct(edited, 2));
        Assert.True(after > before + 0.1, $"The direct effect of layer 2 is {before:0.000} in the base and {after:0.000} in the edited model.");
        Assert.True(after > Direct(edited, 0) && after > Direct(edited, 1), $"Layer 2 writes {after:0.000}, layer 0 {Direct(edited, 0):0.000}, layer 1 {Direct(edited, 1):0.000}.");
    }

    private static void AssertFound(StableDiffusionPipeline pipeline, int layer)
    {
        var trace = new Tracer(pipeline, new TraceSettings { Draws = 6 }).TextEncoder("text_encoder", [Star, Star with { Prompt = "a photo of a star" }]);

        Assert.Equal(TraceConclusion.Localised, trace.Conclusion);
        Assert.Equal(TraceSite.OfText(SiteKind.SelfAttention, layer, 1), trace.Localisation.Best!.Site);
        Assert.True(trace.Controls!.IdentityIsExact);
    }

    private static void Silence(StableDiffusionPipeline pipeline, params int[] layers)
    {
        using var noGrad = no_grad();
        foreach (var (name, parameter) in pipeline.TextEncoder.named_parameters())
        {
            if (layers.Any(l => name.StartsWith($"text_model.encoder.layers.{l}.", StringComparison.Ordinal)) && name.EndsWith(".weight", StringComparison.Ordinal) && (name.Contains(".out_proj.", StringComparison.Ordinal) || name.Contains(".fc2.", StringComparison.Ordinal))) parameter.zero_();
        }
    }

    private static void Overwrite(StableDiffusionPipeline pipeline, EditedTensor tensor)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var weight = pipeline.TextEncoder.Tower.Layer(tensor.Layer).OutProjWeight;
        var stored = empty(weight.shape, dtype: ScalarType.Float16);
        tensor.Bytes.AsSpan().CopyTo(stored.bytes);
        weight.copy_(stored.to(weight.dtype));
    }
}
