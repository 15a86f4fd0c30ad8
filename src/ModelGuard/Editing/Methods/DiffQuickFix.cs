using System.Collections.Immutable;

namespace ModelGuard.Editing.Methods;

/// <summary>
/// DiffQuickFix (Basu et al., "Localizing and Editing Knowledge in Text-to-Image Generative Models", ICLR 2024, section 5): a ridge update of
/// the self-attention output projection of the text encoder. Four things differ from the released notebook: the target leaves the bias out,
/// because the layer adds it again; all concepts are solved in one system, in contexts and not only alone; rows for preserved prompts take
/// part; and the second moment of ordinary captions takes the place of a plain λI (MEMIT, Meng et al., 2023).
/// </summary>
public sealed class DiffQuickFix : IEditMethod
{
    /// <summary>The name in a policy.</summary>
    public const string MethodName = "diff-quick-fix";

    /// <inheritdoc />
    public string Name => MethodName;

    /// <inheritdoc />
    public ImmutableArray<EditedTensor> Solve(EditTask task) => TextEncoderEdit.Solve(task, new TextEncoderRecipe(EncoderSite.OutProj, EditPlan.Create));
}
