using ModelGuard.Diffusion.Clip;

namespace ModelGuard.Editing;

/// <summary>The sentences of an edit on their way through the encoders: what is to change as edited so far, what it is to become and what is to stay as it was.</summary>
internal sealed class EditKeys : IDisposable
{
    public EditKeys(DiffQuickFixPlan plan, CLIPTextModel original, CLIPTextModel edited)
    {
        Old = new KeyReader(edited, plan.OldIds);
        New = new KeyReader(original, plan.NewIds);
        if (plan.PreservedIds.Length > 0) Preserved = (new KeyReader(edited, plan.PreservedIds), new KeyReader(original, plan.PreservedIds));
    }

    /// <summary>Sentences with a concept, in the encoder as edited so far.</summary>
    public KeyReader Old { get; }

    /// <summary>Sentences with its target, in the unedited encoder.</summary>
    public KeyReader New { get; }

    /// <summary>Sentences with preserved names, in both; null when there are none.</summary>
    public (KeyReader Edited, KeyReader Original)? Preserved { get; }

    /// <inheritdoc />
    public void Dispose()
    {
        Old.Dispose();
        New.Dispose();
        Preserved?.Edited.Dispose();
        Preserved?.Original.Dispose();
    }
}
