using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Hooks;
using ModelGuard.Diffusion.Text;
using ModelGuard.Diffusion.Weights;
using ModelGuard.Editing;
using ModelGuard.Policies;
using static TorchSharp.torch;

namespace ModelGuard.Tests.Editing;

public sealed class DiffQuickFixTests
{
    private static readonly ImmutableArray<Concept> Three = [SomeEdit.Concept(["van gogh", "vincent"], "a painting"), SomeEdit.Concept(["snoopy", "r2d2"], "a dog"), SomeEdit.Concept(["mickey mouse", "monet"], "a mouse")];

    /// <summary>
    /// The reference takes its key at the end of the name and its value at the end of the target. A state depends on what stands before it
    /// alone, so a name that reaches from the begin of the sentence to the end of the subject, in the template <c>{}</c>, gives the same key.
    /// </summary>
    [Theory]
    [InlineData(1, "0.01")]
    [InlineData(3, "0.01")]
    [InlineData(10, "0.01")]
    [InlineData(10, "0.1")]
    public void The_weight_equals_the_references_in_the_stored_type(int edits, string lambda)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("edit", "edit");
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(Golden.Model("edit"), "manifest.json")));
        ImmutableArray<Concept> concepts =
        [
            .. manifest.RootElement.GetProperty("edits").EnumerateArray().Take(edits).Select(edit =>
            {
                var (prompt, subject) = (edit.GetProperty("prompt").GetString()!, edit.GetProperty("subject").GetString()!);
                return SomeEdit.Concept(prompt[..(prompt.IndexOf(subject, StringComparison.Ordinal) + subject.Length)], edit.GetProperty("target").GetString()!);
            }),
        ];

        var solved = Assert.Single(SomeEdit.Solve(SomeEdit.Tiny(), SomeEdit.Policy(SomeEdit.LastSubject(double.Parse(lambda, System.Globalization.CultureInfo.InvariantCulture)), concepts)));

        var expected = golden[$"W.n{edits}.lambda{lambda}"];
        // Both are rounded to float32; where float64 differs by its own rounding, one may round to the neighbour.
        Assert.InRange((Weight(solved, ScalarType.Float32) - expected).abs().max().item<double>(), 0, 3.1e-8);
        Assert.Equal(("F32", edits, 0, 0), (solved.Facts.DataType, solved.Facts.Constraints, solved.Facts.Preserved, solved.Layer));
        Assert.Equal((expected - golden["W0"]).norm().item<double>(), solved.Facts.FrobeniusDelta, 1e-9);
        Assert.Equal((expected - golden["W0"]).abs().max().item<double>(), solved.Facts.MaxAbsDelta, 1e-9);
    }

    [Fact]
    public void The_order_of_concepts_names_templates_and_preserved_names_changes_nothing_down_to_the_last_bit()
    {
        // More sentences than the encoder reads at once, so that they also change places between its batches.
        var edit = new EditSection("diff-quick-fix", [0, 2], 0.01, TokenSelection.SubjectToEnd, 1, [.. EditSection.DefaultTemplates, "{} again", "the {}", "a red {}", "{} by night", "one more {}"]);
        PreservedConcept[] kept = [.. new[] { "a cat", "a castle", "a robot", "the queen", "barack obama", "a woman" }.Select(SomeEdit.Preserved)];
        var policy = SomeEdit.Policy(edit, Three, [.. kept]);
        var other = policy with
        {
            Edit = edit with { Templates = [.. edit.Templates.Reverse()] },
            Concepts = [Three[2], Three[0] with { Match = [.. Three[0].Match.Reverse()] }, Three[1]],
            Preserve = [.. kept.Reverse()],
        };

        var (first, second) = (SomeEdit.Solve(SomeEdit.Tiny(), policy), SomeEdit.Solve(SomeEdit.Tiny(), other));

        Assert.Equal(2, first.Length);
        foreach (var (a, b) in first.Zip(second))
        {
            Assert.Equal(a.Bytes, b.Bytes);
            Assert.Equal(a.Facts, b.Facts);
        }
    }

    [Fact]
    public void The_edited_layer_gives_at_the_name_what_it_gave_at_the_target_with_the_bias_once()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var tokenizer = CLIPTokenizer.Load(SomeEdit.Tiny().TokenizerFolder("tokenizer"));
        var edits = SomeEdit.Solve(SomeEdit.Tiny(), SomeEdit.Policy(SomeEdit.LastSubject(1e-7, "a {} here"), [SomeEdit.Concept("van gogh", "dog")]));
        EditedCheckpoint.Publish(SomeEdit.Tiny(), () => edits, folder["edited"], new PublishOptions(LinkRule.Refuse, DigestCache.None), _ => { });
        using var original = CLIPTextModel.Load(SomeEdit.Tiny().Component("text_encoder"));
        using var edited = CLIPTextModel.Load(Path.Combine(folder["edited"], "text_encoder"));

        var expected = Output(original, "a dog here", 1 + tokenizer.TokenizeToIds("dog").Length);
        var actual = Output(edited, "a van gogh here", 1 + tokenizer.TokenizeToIds("van gogh").Length);
        var unedited = Output(original, "a van gogh here", 1 + tokenizer.TokenizeToIds("van gogh").Length);

        var bias = original.named_parameters().First(p => p.name == CLIPTextLayers.OutProj(0) + ".bias").parameter;
        Assert.True(bias.abs().max().item<float>() > 0.05f, "Without a bias this shows nothing.");
        Assert.InRange((actual - expected).abs().max().item<float>(), 0, 1e-5f);
        Assert.True((unedited - expected).abs().max().item<float>() > 0.1f, "The edit had nothing to do.");

        Tensor Output(CLIPTextModel model, string prompt, int position)
        {
            Tensor? seen = null;
            using var hook = ActivationHooks.OnOutput(model, CLIPTextLayers.OutProj(0), x => seen = x.clone().DetachFromDisposeScope());
            model.call(tensor(tokenizer.Encode(prompt).ToArray()).unsqueeze(0));
            using (seen) return seen![0, position].clone();
        }
    }

    [Fact]
    public void A_later_layer_is_solved_on_what_the_earlier_ones_leave()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var tiny = SomeEdit.Tiny();
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(0.01, "a {}") with { Layers = [0, 2] }, [SomeEdit.Concept("van gogh", "dog")], SomeEdit.Preserved("cat"));

        var both = SomeEdit.Solve(tiny, policy);

        var alone = SomeEdit.Solve(tiny, policy with { Edit = policy.Edit with { Layers = [0] } });
        Assert.Equal(["text_model.encoder.layers.0.self_attn.out_proj.weight", "text_model.encoder.layers.2.self_attn.out_proj.weight"], both.Select(e => e.Name), StringComparer.Ordinal);
        Assert.Equal(alone[0].Bytes, both[0].Bytes);
        EditedCheckpoint.Publish(tiny, () => alone, folder["first"], new PublishOptions(LinkRule.Refuse, DigestCache.None), _ => { });
        using var original = CLIPTextModel.Load(tiny.Component("text_encoder"), ScalarType.Float64);
        using var between = CLIPTextModel.Load(Path.Combine(folder["first"], "text_encoder"), ScalarType.Float64);
        var plan = EditPlan.Create(policy, CLIPTokenizer.Load(tiny.TokenizerFolder("tokenizer")));
        var w0 = original.named_parameters().First(p => p.name == both[1].Name).parameter;
        var (old, target) = (plan.OldPositions[0].Position, plan.NewPositions[0].Position);
        var kept = KeyRows.Of(SomeEdit.Keys(between, 2, plan.PreservedIds), plan.PreservedPositions);
        var expected = RidgeSystem.Solve(
            w0,
            new Constraints(SomeEdit.Keys(between, 2, plan.OldIds)[0, old].unsqueeze(0), matmul(SomeEdit.Keys(original, 2, plan.NewIds)[0, target].unsqueeze(0), w0.t()), 1),
            new Constraints(kept, matmul(KeyRows.Of(SomeEdit.Keys(original, 2, plan.PreservedIds), plan.PreservedPositions), w0.t()), 1),
            0.01).Weight;
        Assert.Equal((1, plan.PreservedPositions.Length), (both[1].Facts.Constraints, both[1].Facts.Preserved));
        Assert.InRange((Weight(both[1], ScalarType.Float32) - expected).abs().max().item<double>(), 0, 6e-8);
    }

    [Fact]
    public void Auto_is_all_layers()
    {
        var edits = SomeEdit.Solve(SomeEdit.Tiny(), SomeEdit.Policy(SomeEdit.LastSubject(0.01) with { Layers = null }, [SomeEdit.Concept("van gogh", "dog")]));

        Assert.Equal([0, 1, 2, 3], edits.Select(e => e.Layer));
    }

    [Fact]
    public void A_layer_that_the_encoder_lacks_is_refused()
    {
        var error = Assert.Throws<EditException>(() => SomeEdit.Solve(SomeEdit.Tiny(), SomeEdit.Policy(SomeEdit.LastSubject(0.01) with { Layers = [0, 4] }, [SomeEdit.Concept("van gogh", "dog")])));

        Assert.Equal("MG1001", error.Code);
        Assert.Contains("names layer 4, but the text encoder", error.Message, StringComparison.Ordinal);
        Assert.Contains("has 4 layers, numbered from 0", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ScalarType.Float16, "F16", 2)]
    [InlineData(ScalarType.BFloat16, "BF16", 2)]
    [InlineData(ScalarType.Float64, "F64", 8)]
    public void Weights_keep_their_type_and_an_edit_that_vanishes_in_it_is_refused(ScalarType type, string name, int size)
    {
        using var scope = NewDisposeScope();
        using var folder = SomeEdit.WithTextEncoder((_, t) => t.to(type));
        var checkpoint = Checkpoints.DiffusersFolder.Open(folder.Path);
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(0.01), [SomeEdit.Concept("van gogh", "dog")]);

        var edit = Assert.Single(SomeEdit.Solve(checkpoint, policy));

        Assert.Equal((name, 32 * 32 * size), (edit.Facts.DataType, edit.Bytes.Length));
        var reference = Weight(Assert.Single(SomeEdit.Solve(SomeEdit.Tiny(), policy)), ScalarType.Float32);
        Assert.InRange((Weight(edit, type) - reference).abs().max().item<double>(), 0, type == ScalarType.BFloat16 ? 2e-2 : 2e-3);
        Assert.Equal(type != ScalarType.Float64, edit.Facts.RoundingError > 0);
        using var weights = checkpoint.Component("text_encoder").OpenWeights();
        var stored = TensorConversion.Read(weights.Get(edit.Name));
        var change = Weight(edit, type) - stored.to(ScalarType.Float64);
        Assert.Equal("sha256:" + Convert.ToHexStringLower(SHA256.HashData(stored.bytes)), edit.Facts.DigestBefore);
        Assert.Equal("sha256:" + Convert.ToHexStringLower(SHA256.HashData(edit.Bytes.AsSpan())), edit.Facts.DigestAfter);
        Assert.InRange(change.norm().item<double>() / edit.Facts.FrobeniusDelta, 1 - edit.Facts.RoundingError - 1e-12, 1 + edit.Facts.RoundingError + 1e-12);
        if (type == ScalarType.Float64) Assert.Equal(change.abs().max().item<double>(), edit.Facts.MaxAbsDelta, 1e-15);
        if (type == ScalarType.Float64) return;
        var error = Assert.Throws<EditException>(() => SomeEdit.Solve(checkpoint, policy with { Edit = policy.Edit with { Lambda = 1e9 } }));
        Assert.Equal("MG1004", error.Code);
        Assert.Contains($"no element of the stored type {name} changes", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text_model.embeddings.token_embedding.weight")]
    [InlineData("text_model.encoder.layers.0.self_attn.out_proj.weight")]
    public void A_base_that_gives_no_numbers_is_refused(string tensorName)
    {
        using var folder = SomeEdit.WithTextEncoder((name, t) => name == tensorName ? t * double.NaN : t);

        var error = Assert.Throws<EditException>(() => SomeEdit.Solve(Checkpoints.DiffusersFolder.Open(folder.Path), SomeEdit.Policy(SomeEdit.LastSubject(0.01), [SomeEdit.Concept("van gogh", "dog")])));

        Assert.Equal("MG1003", error.Code);
    }

    [Fact]
    public void An_edit_that_leaves_the_range_of_the_stored_type_is_refused()
    {
        // Largest element 59 327; the edit makes it 71 335, and float16 ends at 65 504.
        using var folder = SomeEdit.WithTextEncoder((name, t) => (name == CLIPTextLayers.OutProj(0) + ".weight" ? t * 1e5 : t).to(ScalarType.Float16));

        var error = Assert.Throws<EditException>(() => SomeEdit.Solve(Checkpoints.DiffusersFolder.Open(folder.Path), SomeEdit.Policy(SomeEdit.LastSubject(0.01), [SomeEdit.Concept("a painting in the style of van gogh", "a painting")])));

        Assert.Equal("MG1003", error.Code);
        Assert.Contains("F16", error.Message, StringComparison.Ordinal);
    }

    private static Tensor Weight(EditedTensor edit, ScalarType type)
    {
        var weight = empty(32, 32, dtype: type);
        edit.Bytes.AsSpan().CopyTo(weight.bytes);
        return weight.to(ScalarType.Float64);
    }
}
