using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Text;
using ModelGuard.Editing;
using ModelGuard.Policies;
using static TorchSharp.torch;

namespace ModelGuard.Tests.Editing;

public sealed class TextEncoderMlpTests
{
    [Fact]
    public void Several_layers_together_give_at_the_name_the_state_of_the_target()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var tiny = SomeEdit.Tiny();
        var tokenizer = CLIPTokenizer.Load(tiny.TokenizerFolder("tokenizer"));
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(1e-6, "a {} here") with { Method = "text-encoder-mlp", Layers = [0, 1, 2] }, [SomeEdit.Concept("van gogh", "dog")]);

        var edits = SomeEdit.Solve(tiny, policy);

        Assert.Equal([0, 1, 2], edits.Select(e => e.Layer));
        Assert.All(edits, e => Assert.Equal(CLIPTextLayers.Fc2(e.Layer) + ".weight", e.Name));
        EditedCheckpoint.Publish(tiny, () => edits, folder["edited"], new PublishOptions(LinkRule.Refuse, DigestCache.None), _ => { });
        using var original = CLIPTextModel.Load(tiny.Component("text_encoder"));
        using var edited = CLIPTextModel.Load(Path.Combine(folder["edited"], "text_encoder"));
        var wanted = State(original, "a dog here", 1 + tokenizer.TokenizeToIds("dog").Length);
        var before = State(original, "a van gogh here", 1 + tokenizer.TokenizeToIds("van gogh").Length);
        var after = State(edited, "a van gogh here", 1 + tokenizer.TokenizeToIds("van gogh").Length);
        Assert.True((before - wanted).norm().item<float>() > 0.5f, "The edit had nothing to do.");
        Assert.InRange((after - wanted).norm().item<float>(), 0, 1e-3f);
        // Each layer takes a share: none does all of it.
        Assert.All(edits, e => Assert.InRange(e.Facts.FrobeniusDelta, 0.01, 0.9 * edits.Sum(o => o.Facts.FrobeniusDelta)));

        // The state after layer 2, the last edited one.
        Tensor State(CLIPTextModel model, string prompt, int position) => model.call(tensor(tokenizer.Encode(prompt).ToArray()).unsqueeze(0)).HiddenStates[3][0, position];
    }

    [Fact]
    public void A_preserved_sentence_is_brought_back_in_later_layers()
    {
        var edit = new EditSection("text-encoder-mlp", [0, 1, 2], 0.01, TokenSelection.SubjectToEnd, 10, ["{}"]);
        var (held, free) = (SomeEdit.Solve(SomeEdit.Tiny(), SomeEdit.Policy(edit, [SomeEdit.Concept("van gogh", "dog")], SomeEdit.Preserved("monet"))), SomeEdit.Solve(SomeEdit.Tiny(), SomeEdit.Policy(edit with { PreserveWeight = 0 }, [SomeEdit.Concept("van gogh", "dog")], SomeEdit.Preserved("monet"))));

        Assert.True(PromptDrifts.Worst(held)[0].Drift < PromptDrifts.Worst(free)[0].Drift);
    }
}
