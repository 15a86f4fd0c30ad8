using ModelGuard.Diffusion.Clip;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Tests.Clip;

public sealed class CLIPModelTests
{
    [Fact]
    public void Both_towers_and_the_cosines_equal_the_references()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden("clip-tiny.golden", "model");
        using var pixels = new Golden("clip-tiny.golden", "preprocess");
        using var model = CLIPModel.Load(Golden.Model("clip-tiny"));

        var text = model.TextModel.call(golden["input_ids"], golden["attention_mask"]);
        var vision = model.VisionModel.call(pixels["pixel_values32"]);
        var textFeatures = model.GetTextFeatures(golden["input_ids"], golden["attention_mask"]);
        var imageFeatures = model.GetImageFeatures(pixels["pixel_values32"]);

        for (var i = 0; i < text.HiddenStates.Length; i++) golden.AssertClose($"text.hidden_states.{i}", text.HiddenStates[i]);
        for (var i = 0; i < vision.HiddenStates.Length; i++) golden.AssertClose($"vision.hidden_states.{i}", vision.HiddenStates[i]);
        golden.AssertClose("text.last_hidden_state", text.LastHiddenState);
        golden.AssertClose("text.pooler_output", text.PoolerOutput);
        golden.AssertClose("vision.pooler_output", vision.PoolerOutput);
        golden.AssertClose("text_embeds.raw", textFeatures);
        golden.AssertClose("image_embeds.raw", imageFeatures);
        var cosine = matmul(functional.normalize(imageFeatures), functional.normalize(textFeatures).t());
        golden.AssertClose("cosine", cosine);
        golden.AssertClose("logits_per_image", cosine * model.LogitScale.exp());
    }
}
