using System.Collections.Immutable;

namespace ModelGuard.Editing.Methods;

/// <summary>
/// Unified Concept Editing (Gandikota et al., WACV 2024, eq. 7): a weighted ridge update of keys and values of the UNet's cross-attention, on
/// the states that the text encoder gives, with rows for what is to be kept. The published code leaves the pooled text of Stable Diffusion XL
/// alone, which then still shows the concept; here its embedding is edited too.
/// </summary>
public sealed class Uce : IEditMethod
{
    /// <summary>The name in a policy.</summary>
    public const string MethodName = "uce";

    /// <inheritdoc />
    public string Name => MethodName;

    /// <inheritdoc />
    public ImmutableArray<EditedTensor> Solve(EditTask task) => CrossAttentionEdit.Solve(task, EditPlan.Create);
}
