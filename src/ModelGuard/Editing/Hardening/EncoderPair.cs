using System.Collections.Immutable;
using ModelGuard.Attacks;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Diffusion.Text;
using static TorchSharp.torch;

namespace ModelGuard.Editing.Hardening;

/// <summary>The text encoders of a checkpoint twice, in float32: as they are, and with edited weights that are exchanged from round to round.</summary>
internal sealed class EncoderPair : IDisposable
{
    private readonly ImmutableArray<AttackedEncoder> encoders;

    public EncoderPair(Checkpoint checkpoint)
    {
        encoders =
        [
            .. checkpoint.TextEncoders.Select(slot => new AttackedEncoder(
                new PipelineTextEncoder(slot.Component, CLIPTextModel.Load(checkpoint.Component(slot.Component)), CLIPTokenizer.Load(checkpoint, slot.Tokenizer)),
                CLIPTextModel.Load(checkpoint.Component(slot.Component)))),
        ];
        Model = new AttackModel(AttackModel.StatesRule(encoders.Length), encoders);
    }

    /// <summary>What is attacked.</summary>
    public AttackModel Model { get; }

    /// <summary>Puts the edited weights in.</summary>
    public void Take(ImmutableArray<EditedTensor> edits)
    {
        using var noGrad = no_grad();
        foreach (var edit in edits)
        {
            using var scope = NewDisposeScope();
            var parameter = encoders.Single(e => e.Edited.Component == edit.Component).Edited.Model.named_parameters().Single(p => p.name == edit.Name).parameter;
            parameter.copy_(edit.Stored(parameter.shape));
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var encoder in encoders)
        {
            encoder.Edited.Model.Dispose();
            encoder.Base.Dispose();
        }
    }
}
