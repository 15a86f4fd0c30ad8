using System.Collections.Immutable;

namespace ModelGuard.Editing.Methods;

/// <summary>
/// LocoEdit (Basu et al., "On Mechanistic Knowledge Localization in Text-to-Image Generative Models", ICML 2024, section 5): a ridge update of
/// keys and values of a window of cross-attention layers, which <c>edit.layers</c> names. As published, nothing protects what is not edited.
/// </summary>
public sealed class LocoEdit : IEditMethod
{
    /// <summary>The name in a policy.</summary>
    public const string MethodName = "loco-edit";

    /// <inheritdoc />
    public string Name => MethodName;

    /// <inheritdoc />
    public ImmutableArray<EditedTensor> Solve(EditTask task) =>
        CrossAttentionEdit.Solve(task, (policy, tokenizer) => EditPlan.Create(policy with { Edit = policy.Edit with { CovarianceWeight = 0, Preserve = Policies.PreserveMode.Soft } }, tokenizer) with { PreservedIds = [], PreservedPositions = [] });
}
