using System.Collections.Immutable;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Hooks;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Tracing;
using static TorchSharp.torch;

namespace ModelGuard.Tests.Tracing;

public sealed class TextEncoderTracerTests
{
    public static TheoryData<string> Families => TracedModels.Families;

    [Theory]
    [MemberData(nameof(Families))]
    public void Restoring_all_states_at_once_gives_the_clean_run_bit_for_bit(string model)
    {
        using var pipeline = TracedModels.Golden(model);
        foreach (var encoder in pipeline.TextEncoders)
        {
            using var scope = NewDisposeScope();
            using var runs = Runs(encoder, draws: 1);
            var sites = Tracer(runs, pipeline).Sites;

            var restored = TextPatcher.Run(runs.Model, runs.Corrupted, [new PatchedRow(0, 0, sites, Everywhere(runs))], new OneRun(runs.Clean), 0);

            AssertSame(runs.Clean.Output, restored);
            Assert.False(Same(runs.Clean.Output.LastHiddenState, runs.Corrupted.Output.LastHiddenState));
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Patching_a_run_with_its_own_states_changes_no_bit(string model)
    {
        using var pipeline = TracedModels.Golden(model);
        foreach (var encoder in pipeline.TextEncoders)
        {
            using var scope = NewDisposeScope();
            using var runs = Runs(encoder);
            foreach (var site in Tracer(runs, pipeline).Sites)
            {
                CLIPTextOutput Run(ImmutableArray<TraceSite> sites) => TextPatcher.Run(runs.Model, runs.Corrupted, [.. Enumerable.Range(0, 3).Select(d => new PatchedRow(d, d, sites, Everywhere(runs)))], new SameDraw(runs.Corrupted), site.First);
                AssertSame(Run([]), Run([site]));
            }
        }
    }

    /// <summary>One run for each cell through the whole network, with nothing but hooks: what the grid computes in batches from the middle.</summary>
    [Theory]
    [MemberData(nameof(Families))]
    public void Every_cell_is_what_a_run_of_its_own_gives(string model)
    {
        using var pipeline = TracedModels.Golden(model);
        foreach (var encoder in pipeline.TextEncoders)
        {
            using var runs = Runs(encoder);
            var trace = Tracer(runs, pipeline).Trace()[0];
            foreach (var cell in trace.Cells)
            {
                using var noGrad = no_grad();
                using var scope = NewDisposeScope();
                var positions = trace.Rows[cell.Row].Positions;
                using var noise = ActivationHooks.OnOutput(runs.Model, "text_model.embeddings", _ => runs.Corrupted.Embedded.alias());
                using var hook = ActivationHooks.OnOutput(runs.Model, cell.Site.Path, x =>
                {
                    var copy = x.clone();
                    foreach (var position in positions) copy[TensorIndex.Colon, position] = runs.Clean[cell.Site.Kind, cell.Site.First][0, position];
                    return copy;
                });
                var states = pipeline.StatesOf(runs.Model.call(runs.Corrupted.Ids));
                var clean = pipeline.StatesOf(runs.Clean.Output);
                for (var draw = 0; draw < 3; draw++) Assert.Equal(1 - ((states[draw] - clean[0]).norm().item<float>() / clean[0].norm().item<float>()), cell.Restored[draw], 1e-5);
            }
        }
    }

    [Fact]
    public void The_clean_run_scores_one_and_noise_lowers_it()
    {
        using var pipeline = TracedModels.Golden("sd1-tiny");
        using var runs = Runs(pipeline.TextEncoders[0]);

        var trace = Tracer(runs, pipeline).Trace()[0];

        Assert.All(trace.High, high => Assert.Equal(1, high));
        Assert.All(trace.Low, low => Assert.True(low < 0.999));
        Assert.Equal(3, trace.Low.Distinct().Count());
    }

    [Fact]
    public void Noise_is_three_standard_deviations_of_the_subjects_token_embeddings_and_falls_on_nothing_else()
    {
        using var pipeline = TracedModels.Golden("sd1-tiny");
        using var scope = NewDisposeScope();
        using var runs = Runs(pipeline.TextEncoders[0]);
        var positions = runs.Prompt.SubjectPositions.Select(p => (long)p).ToArray();
        var embeddings = pipeline.TextEncoder.Tower.TokenEmbeddings(tensor(runs.Prompt.Ids.ToArray()))[TensorIndex.Tensor(tensor(positions))];

        Assert.Equal(3 * embeddings.to(ScalarType.Float64).std(unbiased: false).item<double>(), runs.Noise!.Value, 1e-9);
        var changed = (runs.Corrupted.Embedded - runs.Clean.Embedded).abs().amax([0, 2]).data<float>().ToArray();
        Assert.Equal(positions, Enumerable.Range(0, changed.Length).Where(p => changed[p] > 0).Select(p => (long)p));
    }

    [Fact]
    public void A_window_restores_its_layers_together()
    {
        using var pipeline = TracedModels.Golden("sd1-tiny");
        using var runs = Runs(pipeline.TextEncoders[0]);
        var layers = runs.Layers;

        var trace = Tracer(runs, pipeline, TracedModels.Few with { Window = layers }).Trace()[0];

        // All layers' outputs at all positions that can differ: the clean run.
        var whole = Assert.Single(trace.Cells, c => c.Site.Kind == SiteKind.Block && trace.Rows[c.Row].Role == TokenRole.All);
        Assert.Equal((0, layers), (whole.Site.First, whole.Site.Count));
        Assert.Equal(1, trace.Share(whole), 1e-6);
    }

    [Fact]
    public void Direct_effects_of_all_sites_add_up_to_the_whole_difference()
    {
        using var pipeline = TracedModels.Sample();
        using var scope = NewDisposeScope();
        using var runs = EncoderRuns.Create(pipeline.TextEncoders[0], "a red star", "star", "circle", TracedModels.Few);
        var last = runs.Layers - 1;
        var sum = Enumerable.Range(0, runs.Layers)
            .SelectMany(layer => new[] { SiteKind.SelfAttention, SiteKind.Mlp }.Select(kind => runs.Clean[kind, layer] - runs.Corrupted[kind, layer]))
            .Aggregate(runs.Clean.Embedded - runs.Corrupted.Embedded, (a, b) => a + b);

        Assert.InRange((sum - (runs.Clean[SiteKind.Block, last] - runs.Corrupted[SiteKind.Block, last])).abs().max().item<float>(), 0, 1e-4);

        // The last layer has nothing downstream, so there the direct effect is the whole one.
        var total = Tracer(runs, pipeline).Trace()[0];
        var direct = DirectEffects.Of(runs, total, pipeline.StatesOf);
        foreach (var cell in direct.Cells.Where(c => c.Site.First == last && c.Site.Kind != SiteKind.SelfAttention))
        {
            Assert.Equal(total.Effect(total.Cells.Single(c => c.Site == cell.Site && c.Row == cell.Row)), direct.Effect(cell), 1e-5);
        }
    }

    private static EncoderRuns Runs(PipelineTextEncoder encoder, int draws = 3) => EncoderRuns.Create(encoder, TracedModels.OfGolden.Prompt, TracedModels.OfGolden.Subject, TracedModels.OfGolden.Contrast, TracedModels.Few with { Draws = draws });

    private static TextEncoderTracer Tracer(EncoderRuns runs, StableDiffusionPipeline pipeline, TraceSettings? settings = null) => new(runs, new EmbeddingMeasure(runs.Clean.Output, pipeline.StatesOf), settings ?? TracedModels.Few);

    private static ImmutableArray<int> Everywhere(EncoderRuns runs) => [.. Enumerable.Range(0, runs.Prompt.Ids.Length)];

    private static void AssertSame(CLIPTextOutput expected, CLIPTextOutput actual)
    {
        Assert.True(Same(expected.LastHiddenState, actual.LastHiddenState));
        Assert.True(Same(expected.HiddenStates[^2], actual.HiddenStates[^2]));
        Assert.True(Same(expected.PoolerOutput, actual.PoolerOutput));
        Assert.True(expected.TextEmbeds is null || Same(expected.TextEmbeds, actual.TextEmbeds!));
    }

    private static bool Same(Tensor a, Tensor b) => a.equal(b).all().item<bool>();
}
