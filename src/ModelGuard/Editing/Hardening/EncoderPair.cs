using System.Collections.Immutable;
using ModelGuard.Attacks;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using static TorchSharp.torch;

namespace ModelGuard.Editing.Hardening;

/// <summary>The text encoders of a checkpoint twice, in float32: as they are, and with edited weights that are exchanged from round to round.</summary>
internal sealed class EncoderPair : IDisposable
{
    public EncoderPair(Checkpoint checkpoint)
    {
        var unedited = AttackModel.Of(checkpoint);
        Model = unedited with { Encoders = [.. unedited.Encoders.Select(e => e with { Base = CLIPTextModel.Load(checkpoint.Component(e.Edited.Component)) })] };
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
            var parameter = Model.Encoders.Single(e => e.Edited.Component == edit.Component).Edited.Model.named_parameters().Single(p => p.name == edit.Name).parameter;
            parameter.copy_(edit.Stored(parameter.shape));
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var encoder in Model.Encoders)
        {
            encoder.Edited.Model.Dispose();
            encoder.Base.Dispose();
        }
    }
}
