using ModelGuard.Diffusion.Clip;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Shapes.Training.Training;

/// <summary>
/// Contrastive training (Radford et al., 2021) with one change: a picture is a positive for every caption of the batch that is true of it,
/// because "a star" is true of every picture of a star, not only of the one it was written for.
/// </summary>
internal sealed class ClipTrainer(PictureSet pictures, CaptionCodec codec, TrainingLoop loop, bool distort = false)
{
    private const int Batch = 96;
    private static readonly double MaximumLogitScale = Math.Log(30);

    /// <summary>Trains both towers; the text tower alone becomes a Stable Diffusion text encoder, both together a scorer.</summary>
    public void Train(CLIPModel model, TrainingPlan plan, CancellationToken cancellation)
    {
        var parameter = model.LogitScale;
        loop.Run(plan, model, generator => Loss(model, generator), cancellation);

        Tensor Loss(CLIPModel clip, Generator generator)
        {
            using var scope = NewDisposeScope();
            using (no_grad()) parameter.clamp_(0, MaximumLogitScale);
            var draw = pictures.Draw(Batch, generator);
            var (ids, mask) = codec.Encode(draw.Captions);
            var seen = pictures.Pixels(draw);
            if (distort) seen = Distortions.Apply(seen, generator);
            var images = functional.normalize(clip.GetImageFeatures(seen));
            var texts = functional.normalize(clip.GetTextFeatures(ids, mask));
            var logits = matmul(images, texts.t()) * parameter.exp();
            var truths = draw.Truths();
            var loss = (Side(logits, truths) + Side(logits.t(), truths.t())) / 2;
            return loss.MoveToOuterDisposeScope();
        }
    }

    /// <summary>Cross-entropy against the true pairs of each row in equal parts.</summary>
    private static Tensor Side(Tensor logits, Tensor truths)
    {
        var target = truths / truths.sum(1, keepdim: true).clamp_min(1);
        return -(target * functional.log_softmax(logits, 1)).sum(1).mean();
    }
}
