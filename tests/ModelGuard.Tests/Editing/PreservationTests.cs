using CsCheck;
using ModelGuard.Caching;
using ModelGuard.Checkpoints;
using ModelGuard.Checkpoints.Conversion;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Text;
using ModelGuard.Editing;
using ModelGuard.Policies;
using static TorchSharp.torch;

namespace ModelGuard.Tests.Editing;

public sealed class PreservationTests
{
    private static readonly Gen<(int M, int D, int Rows, int Hard, int Seed)> Systems = Gen.Select(Gen.Int[1, 6], Gen.Int[2, 8], Gen.Int[1, 12], Gen.Int[1, 8], Gen.Int[0, 1_000_000]);

    [Fact]
    public void Hard_keys_keep_their_output_whatever_is_edited() => Systems.Where(s => s.Hard < s.D).Sample(
        s =>
        {
            using var scope = NewDisposeScope();
            var (weight, edit) = Make(s.M, s.D, s.Rows, s.Seed);
            var hard = Random(s.Hard, s.D);

            var solution = RidgeSystem.Solve(weight, edit, null, 0.01, new RidgeBounds(null, hard));

            Assert.InRange(matmul(hard, (solution.Weight - weight).t()).norm().item<double>(), 0, 1e-9 * (1 + solution.Weight.norm().item<double>()));
            Assert.True((solution.Weight - weight).norm().item<double>() > 1e-9, "Nothing was edited.");
        },
        iter: 100);

    [Fact]
    public void Hard_keys_in_every_direction_are_refused()
    {
        using var scope = NewDisposeScope();
        var (weight, edit) = Make(2, 3, 1, 7);

        var error = Assert.Throws<EditException>(() => RidgeSystem.Solve(weight, edit, null, 0.01, new RidgeBounds(null, Random(3, 3))));

        Assert.Equal("MG1006", error.Code);
        Assert.Contains("all 3 directions", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_covariance_takes_the_place_of_the_plain_lambda() => Systems.Sample(
        s =>
        {
            using var scope = NewDisposeScope();
            var (weight, edit) = Make(s.M, s.D, s.Rows, s.Seed);
            var text = Random(2 * s.D, s.D);
            var covariance = matmul(text.t(), text);

            var solution = RidgeSystem.Solve(weight, edit, null, 0.1, new RidgeBounds(covariance, null));

            var system = (0.1 * eye(s.D, dtype: ScalarType.Float64)) + covariance + matmul(edit.Keys.t(), edit.Keys);
            var expected = weight + matmul(matmul((edit.Values! - matmul(edit.Keys, weight.t())).t(), edit.Keys), linalg.inv(system));
            Assert.InRange((solution.Weight - expected).norm().item<double>(), 0, 1e-12 * solution.ConditionNumber * (1 + expected.norm().item<double>()));
        },
        iter: 100);

    [Theory]
    [InlineData(40)]
    [InlineData(299)]
    [InlineData(400)]
    public void A_wide_system_with_a_covariance_is_the_same_over_its_rows_and_over_its_width(int rows)
    {
        using var scope = NewDisposeScope();
        var (weight, edit) = Make(5, 300, rows, 3);
        // Ordinary text has a few strong directions and a long tail.
        var text = Random(500, 300) * logspace(0, -2, 300, dtype: ScalarType.Float64);
        var covariance = matmul(text.t(), text);

        var solution = RidgeSystem.Solve(weight, edit, null, 0.01, new RidgeBounds(covariance, null));

        var system = (0.01 * eye(300, dtype: ScalarType.Float64)) + covariance + matmul(edit.Keys.t(), edit.Keys);
        var expected = weight + matmul(matmul((edit.Values! - matmul(edit.Keys, weight.t())).t(), edit.Keys), linalg.inv(system));
        var spectrum = linalg.eigvalsh(system);
        Assert.InRange(((solution.Weight - expected).norm() / expected.norm()).item<double>(), 0, 1e-13 * solution.ConditionNumber);
        Assert.Equal(1, solution.ConditionNumber * spectrum[0].item<double>() / spectrum[-1].item<double>(), ExtremeEigenvalues.OfInverse);
        Assert.Equal(((matmul(edit.Keys, expected.t()) - edit.Values!).norm() / edit.Values!.norm()).item<double>(), solution.Residual, 1e-9);
    }

    [Fact]
    public void With_captions_the_weight_is_that_of_the_documented_system()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var edit = new EditSection("diff-quick-fix", [0], 0.01, TokenSelection.SubjectToEnd, 2, ["a {} here"]) { Contexts = 5, CovarianceWeight = 3, Captions = 70 };
        var policy = SomeEdit.Policy(edit, [SomeEdit.Concept("van gogh", "dog"), SomeEdit.Concept("hokusai", "dog")], SomeEdit.Preserved("a cat"), SomeEdit.Preserved("monet") with { Attribute = AttributeKind.Style });
        var plan = EditPlan.Create(policy, CLIPTokenizer.Load(SomeEdit.Tiny().TokenizerFolder("tokenizer")));
        using var encoder = CLIPTextModel.Load(SomeEdit.Tiny().Component("text_encoder"), ScalarType.Float64);
        var w0 = encoder.named_parameters().First(p => p.name == CLIPTextLayers.OutProj(0) + ".weight").parameter;
        var (k, v) = (KeyRows.Of(SomeEdit.Keys(encoder, 0, plan.OldIds), plan.OldPositions), matmul(KeyRows.Of(SomeEdit.Keys(encoder, 0, plan.NewIds), plan.NewPositions), w0.t()));
        var (kept, text) = (KeyRows.Of(SomeEdit.Keys(encoder, 0, plan.PreservedIds), plan.PreservedPositions), SomeEdit.Keys(encoder, 0, plan.CaptionIds).flatten(0, 1));
        var m = matmul(text.t(), text) / (double)text.shape[0];
        // Two names.
        var c = 3 * k.shape[0] / 2.0 * ((0.99 * m) + (0.01 * m.trace() / 32 * eye(32, dtype: ScalarType.Float64)));
        var system = (0.01 * eye(32, dtype: ScalarType.Float64)) + c + matmul(k.t(), k) + (2 * matmul(kept.t(), kept));
        var expected = w0 + matmul(matmul((v - matmul(k, w0.t())).t(), k), linalg.inv(system));

        var solved = Assert.Single(SomeEdit.Solve(SomeEdit.Tiny(), policy));

        var actual = empty(32, 32);
        solved.Bytes.AsSpan().CopyTo(actual.bytes);
        Assert.True(plan.CaptionIds.Length > 0 && solved.Facts.Captions == plan.CaptionIds.Length);
        Assert.True(plan.OldIds.Length > 1, "No context took part.");
        Assert.InRange(((actual.to(ScalarType.Float64) - expected).norm() / expected.norm()).item<double>(), 0, 1e-6);
    }

    [Fact]
    public void The_drift_of_a_preserved_prompt_is_what_the_weight_gives_otherwise()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(0.01, "a {} here"), [SomeEdit.Concept("van gogh", "dog")], SomeEdit.Preserved("cat") with { Prompts = ["a {concept}", "{concept} at night"] });
        using var encoder = CLIPTextModel.Load(SomeEdit.Tiny().Component("text_encoder"), ScalarType.Float64);
        var tokenizer = CLIPTokenizer.Load(SomeEdit.Tiny().TokenizerFolder("tokenizer"));

        var edit = Assert.Single(SomeEdit.Solve(SomeEdit.Tiny(), policy));

        var w0 = encoder.named_parameters().First(p => p.name == edit.Name).parameter;
        var stored = empty(32, 32);
        edit.Bytes.AsSpan().CopyTo(stored.bytes);
        Assert.Equal([("cat", "a cat"), ("cat", "cat at night")], edit.Drift.Select(d => (d.Name, d.Prompt)));
        foreach (var drift in edit.Drift)
        {
            var keys = SomeEdit.Keys(encoder, 0, [tokenizer.Encode(drift.Prompt).ToArray()])[0];
            var expected = (matmul(keys, (stored.to(ScalarType.Float64) - w0).t()).norm(-1) / matmul(keys, w0.t()).norm(-1)).max().item<double>();
            Assert.Equal(expected, drift.Drift, 1e-12);
            Assert.True(drift.Drift > 1e-4);
        }
    }

    [Fact]
    public void An_edit_that_moves_a_preserved_prompt_further_than_the_policy_allows_is_refused()
    {
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(0.01), [SomeEdit.Concept("van gogh", "dog")], SomeEdit.Preserved("monet"));
        var drift = PromptDrifts.Worst(SomeEdit.Solve(SomeEdit.Tiny(), policy))[0].Drift;

        var error = Assert.Throws<EditException>(() => SomeEdit.Solve(SomeEdit.Tiny(), policy with { Edit = policy.Edit with { MaxDrift = drift * 0.99 } }));

        Assert.Equal("MG1009", error.Code);
        Assert.Contains("preserved prompt 'monet'", error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(SomeEdit.Solve(SomeEdit.Tiny(), policy with { Edit = policy.Edit with { MaxDrift = drift * 1.01 } }));
    }

    [Fact]
    public void A_hard_name_keeps_its_states_up_to_its_end_token()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(0.01) with { Preserve = PreserveMode.Hard }, [SomeEdit.Concept("van gogh", "dog")], SomeEdit.Preserved("monet"), SomeEdit.Preserved("cat"));
        using var encoder = CLIPTextModel.Load(SomeEdit.Tiny().Component("text_encoder"), ScalarType.Float64);
        var plan = EditPlan.Create(policy, CLIPTokenizer.Load(SomeEdit.Tiny().TokenizerFolder("tokenizer")));
        var keys = KeyRows.Of(SomeEdit.Keys(encoder, 0, plan.HardIds), plan.HardPositions);

        var (hard, soft) = (Change(policy), Change(policy with { Edit = policy.Edit with { Preserve = PreserveMode.Soft } }));

        // Rounding to float32 is all that is left.
        Assert.InRange(matmul(keys, hard.t()).abs().max().item<double>(), 0, 1e-6);
        Assert.True(matmul(keys, soft.t()).abs().max().item<double>() > 1e-3);

        Tensor Change(Policy asked)
        {
            var edit = Assert.Single(SomeEdit.Solve(SomeEdit.Tiny(), asked));
            var stored = empty(32, 32);
            edit.Bytes.AsSpan().CopyTo(stored.bytes);
            return stored.to(ScalarType.Float64) - encoder.named_parameters().First(p => p.name == edit.Name).parameter;
        }
    }

    [Fact]
    public void Moments_of_captions_are_computed_once_and_give_the_same_edit_from_the_cache()
    {
        using var folder = new TemporaryFolder();
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(0.01) with { CovarianceWeight = 5, Captions = 30 }, [SomeEdit.Concept("van gogh", "dog")], SomeEdit.Preserved("a cat"), SomeEdit.Preserved("a dog"));
        var task = new EditTask(SomeEdit.Tiny(), policy) { Cache = new ContentCache(folder["cache"], 1 << 20, TimeProvider.System) };

        var (computed, cached, without) = (EditMethods.Solve(task), EditMethods.Solve(task), SomeEdit.Solve(SomeEdit.Tiny(), policy));

        Assert.True(computed[0].Facts.Captions > 0);
        Assert.Equal(without[0].Bytes, computed[0].Bytes);
        Assert.Equal(without[0].Bytes, cached[0].Bytes);
        using var scope = NewDisposeScope();
        using var moments = new KeyMoments(task, "text_encoder");
        long[][] ids = [[1, 2], [3, 4]];
        Assert.Equal(0.25, moments.Get("site", ids, 1, () => ones(1, 1, dtype: ScalarType.Float64))[0, 0].item<double>());
        Assert.Equal(0.25, moments.Get("site", ids, 1, () => throw new InvalidOperationException("Computed twice."))[0, 0].item<double>());
        Assert.Equal(0.5, moments.Get("site", [[1, 2]], 1, () => ones(1, 1, dtype: ScalarType.Float64))[0, 0].item<double>());
    }

    [Fact]
    public void Two_encoders_in_one_file_have_moments_of_their_own_whatever_their_layers_are_called()
    {
        using var folder = new TemporaryFolder();
        using var held = FinalizerHold.Enter();
        using var scope = NewDisposeScope();
        var file = folder["model.safetensors"];
        CheckpointConverter.ToSingleFile(Checkpoint.Open(Golden.Model("sdxl-tiny")), file);
        var checkpoint = Checkpoint.Open(file, new CheckpointOptions { Companion = Golden.Model("sdxl-tiny") });
        var task = new EditTask(checkpoint, SomeEdit.Policy(SomeEdit.LastSubject(0.01), [SomeEdit.Concept("van gogh", "dog")])) { Cache = new ContentCache(folder["cache"], 1 << 20, TimeProvider.System) };
        long[][] ids = [[1, 2]];
        Assert.Equal(checkpoint.Component("text_encoder").WeightFiles, checkpoint.Component("text_encoder_2").WeightFiles);

        double[] found = [.. new[] { "text_encoder", "text_encoder_2", "text_encoder", "text_encoder_2" }.Select((name, n) =>
        {
            using var moments = new KeyMoments(task, name);
            return moments.Get("site", ids, 1, () => n < 2 ? full([1, 1], (n + 1) * 2, ScalarType.Float64) : throw new InvalidOperationException("Computed twice."))[0, 0].item<double>();
        })];

        Assert.Equal([1.0, 2, 1, 2], found);
    }

    [Fact]
    public void A_moment_that_was_read_and_factorised_ahead_gives_the_same_edit_and_the_same_facts()
    {
        using var folder = new TemporaryFolder();
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(0.01) with { CovarianceWeight = 5, Captions = 30 }, [SomeEdit.Concept("van gogh", "dog")]);
        var task = new EditTask(SomeEdit.Tiny(), policy) { Cache = new ContentCache(folder["cache"], 1 << 20, TimeProvider.System) };

        var (computed, ahead) = (Assert.Single(EditMethods.Solve(task)), Assert.Single(EditMethods.Solve(task)));

        Assert.Equal(computed.Bytes, ahead.Bytes);
        Assert.Equal(computed.Facts, ahead.Facts);
        Assert.InRange(computed.Facts.Constraints, 1, 31);
    }

    [Fact]
    public void What_is_made_of_a_moment_ahead_is_there_once_and_only_where_the_moment_was_kept_in_the_right_size()
    {
        using var folder = new TemporaryFolder();
        using var held = FinalizerHold.Enter();
        using var scope = NewDisposeScope();
        var task = new EditTask(SomeEdit.Tiny(), SomeEdit.Policy(SomeEdit.LastSubject(0.01), [SomeEdit.Concept("van gogh", "dog")])) { Cache = new ContentCache(folder["cache"], 1 << 20, TimeProvider.System) };
        using var moments = new KeyMoments(task, "text_encoder");
        long[][] ids = [[1, 2]];
        var moment = tensor(new double[,] { { 6, 2 }, { 2, 10 } });
        moments.ReadAhead("new", ids, Limit);
        Assert.Null(moments.TakeLimit("new", 2));
        Assert.Equal(3, moments.Get("new", ids, 2, () => moment)[0, 0].item<double>());

        moments.ReadAhead("new", ids, Limit);
        using var limit = moments.TakeLimit("new", 2);
        moments.ReadAhead("new", ids, Limit);

        Assert.Equal([4.0, 1, 1, 6], limit!.Matrix.data<double>());
        Assert.InRange((matmul(limit.Factor!, limit.Factor!.t()) - limit.Matrix).abs().max().item<double>(), 0, 1e-15);
        Assert.Null(moments.TakeLimit("new", 3));
        Assert.Null(moments.TakeLimit("new", 2));
        moments.ReadAhead("new", ids, _ => throw new EditException("MG1003", "No factor."));
        Assert.Throws<EditException>(() => moments.TakeLimit("new", 2));
        moments.ReadAhead("new", ids, null);
        Assert.Null(moments.TakeLimit("new", 2));
        Assert.Equal(3, moments.Get("new", ids, 2, () => throw new InvalidOperationException("Computed twice."))[0, 0].item<double>());

        static RidgeLimit Limit(Tensor moment) => RidgeLimit.Factorised(moment, 1);
    }

    private static (Tensor Weight, Constraints Edit) Make(int m, int d, int rows, int seed)
    {
        manual_seed(seed);
        return (Random(m, d), new Constraints(Random(rows, d), Random(rows, m), 1));
    }

    private static Tensor Random(long rows, long columns) => randn(rows, columns, dtype: ScalarType.Float64);
}
