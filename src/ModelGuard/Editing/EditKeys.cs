using ModelGuard.Diffusion.Clip;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>
/// The sentences of an edit on their way through the encoder: what is to change as edited so far, what it is to become and what is to stay
/// as it was. Up to the first edited layer the edited encoder is the original one, and sentences to be kept go through it once.
/// </summary>
internal sealed class EditKeys : IDisposable
{
    private readonly KeyReader? keptInOriginal;
    private KeyReader? keptInEdited;

    public EditKeys(DiffQuickFixPlan plan, Func<Tensor, Tensor> embed)
    {
        Old = new KeyReader(embed, plan.OldIds);
        New = new KeyReader(embed, plan.NewIds);
        keptInOriginal = plan.PreservedIds.Length > 0 ? new KeyReader(embed, plan.PreservedIds) : null;
    }

    /// <summary>Sentences with a concept, in the encoder as edited so far.</summary>
    public KeyReader Old { get; }

    /// <summary>Sentences with its target, in the unedited encoder.</summary>
    public KeyReader New { get; }

    /// <summary>Sentences with preserved names in the unedited encoder; null when there are none.</summary>
    public KeyReader? KeptInOriginal => keptInOriginal;

    /// <summary>The same in the encoder as edited so far; null as long as nothing was edited.</summary>
    public KeyReader? KeptInEdited => keptInEdited;

    /// <summary>Takes all sentences through a layer; from an edited one on, those of the edited encoder go their own way.</summary>
    /// <param name="layer">The layer with its original weights; an edited one is changed.</param>
    /// <param name="edited">The new <c>out_proj</c> weight as it will be stored; null when the layer is not edited.</param>
    public void Pass(CLIPEncoderLayer layer, Tensor? edited)
    {
        if (edited is not null) keptInEdited ??= keptInOriginal?.Fork();
        New.Pass(layer);
        keptInOriginal?.Pass(layer);
        // The next layers must see what will be stored, not what was solved.
        if (edited is not null) SetOutProj(layer, edited);
        Old.Pass(layer);
        keptInEdited?.Pass(layer);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Old.Dispose();
        New.Dispose();
        keptInOriginal?.Dispose();
        keptInEdited?.Dispose();
    }

    private static void SetOutProj(CLIPEncoderLayer layer, Tensor weight)
    {
        using var noGrad = no_grad();
        layer.OutProjWeight.copy_(weight);
    }
}
