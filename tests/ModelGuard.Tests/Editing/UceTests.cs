using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Text;
using ModelGuard.Diffusion.Weights;
using ModelGuard.Editing;
using static TorchSharp.torch;

namespace ModelGuard.Tests.Editing;

public sealed class UceTests
{
    [Fact]
    public void Keys_and_values_are_those_of_the_papers_equation()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var tiny = SomeEdit.Tiny();
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(0.5, "a {} here") with { Method = "uce", PreserveWeight = 2 }, [SomeEdit.Concept("van gogh", "dog")], SomeEdit.Preserved("cat"));
        var plan = EditPlan.Create(policy, CLIPTokenizer.Load(tiny.TokenizerFolder("tokenizer")));
        using var encoder = CLIPTextModel.Load(tiny.Component("text_encoder"), ScalarType.Float64);
        var (c, g, kept) = (States(plan.OldIds)[0, plan.OldPositions[0].Position], States(plan.NewIds)[0, plan.NewPositions[0].Position], KeyRows.Of(States(plan.PreservedIds), plan.PreservedPositions));

        var edits = SomeEdit.Solve(tiny, policy);

        Assert.Equal(2, edits.Length);
        using var weights = tiny.Component("unet").OpenWeights();
        foreach (var edit in edits)
        {
            var w0 = TensorConversion.Read(weights.Get(edit.Name)).to(ScalarType.Float64);
            var preserved = 2 * matmul(kept.t(), kept);
            var numerator = (0.5 * w0) + outer(matmul(w0, g), c) + matmul(w0, preserved);
            var expected = matmul(numerator, linalg.inv((0.5 * eye(32, dtype: ScalarType.Float64)) + outer(c, c) + preserved));
            var actual = empty(w0.shape);
            edit.Bytes.AsSpan().CopyTo(actual.bytes);
            Assert.InRange(((actual.to(ScalarType.Float64) - expected).norm() / expected.norm()).item<double>(), 0, 1e-6);
        }

        Tensor States(long[][] ids) => encoder.call(tensor(ids.SelectMany(i => i).ToArray()).view(ids.Length, -1)).LastHiddenState;
    }

    [Fact]
    public void The_pooled_way_of_stable_diffusion_xl_gives_for_the_name_what_it_gave_for_the_target()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var checkpoint = Checkpoint.Open(GoldenModels.StableDiffusionXL);
        var edit = SomeEdit.Solve(checkpoint, SomeEdit.Policy(SomeEdit.LastSubject(1e-7) with { Method = "uce" }, [SomeEdit.Concept("van gogh", "a dog")])).Single(e => e.Name == CrossAttentionEdit.PooledWeight);
        using var encoder = CLIPTextModel.Load(checkpoint.Component("text_encoder_2"));
        var tokenizer = CLIPTokenizer.Load(checkpoint, "tokenizer_2");
        using var weights = checkpoint.Component("unet").OpenWeights();
        var w0 = TensorConversion.Read(weights.Get(edit.Name));
        var after = empty_like(w0);
        edit.Bytes.AsSpan().CopyTo(after.bytes);

        // The sizes are the same on both sides: 16 × 8 pixels, not cropped.
        var sizes = Diffusion.Unet.TimestepEmbedding.Sinusoids(tensor([128L, 128, 0, 0, 128, 128]), 8, true, 0).flatten();
        var (wanted, before, now) = (Output(w0, "a dog"), Output(w0, "van gogh"), Output(after, "van gogh"));

        Assert.True((before - wanted).norm().item<float>() > 0.1f, "The edit had nothing to do.");
        Assert.InRange((now - wanted).norm().item<float>(), 0, 1e-4f);

        Tensor Output(Tensor weight, string prompt) => matmul(weight, cat([encoder.call(tensor(tokenizer.Encode(prompt).ToArray()).unsqueeze(0)).TextEmbeds![0], sizes]));
    }

    [Fact]
    public void Layers_are_numbered_on_the_way_through_the_unet_and_ten_comes_after_nine()
    {
        using var folder = new TemporaryFolder();
        string[] paths = [.. Enumerable.Range(0, 11).Select(i => $"up_blocks.1.attentions.0.transformer_blocks.{i}.attn2"), "mid_block.attentions.0.transformer_blocks.0.attn2", "down_blocks.2.attentions.0.transformer_blocks.0.attn2"];
        SafetensorsWriter.Write(folder["unet.safetensors"], paths.Select(p => new TensorSource(p + ".to_k.weight", TensorDataType.F32, [1, 1], new byte[4])));
        using var weights = ComponentWeights.OfFile(folder["unet.safetensors"]);

        var layers = CrossAttentionLayer.Of(weights);

        Assert.Equal(paths.Reverse().Take(2).Concat(paths.Take(11)), layers.Select(l => l.Path), StringComparer.Ordinal);
        Assert.Equal(Enumerable.Range(0, 13), layers.Select(l => l.Index));
    }
}
