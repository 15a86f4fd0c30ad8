using System.Collections.Immutable;
using ModelGuard.Diffusion.Text;
using ModelGuard.Policies;

namespace ModelGuard.Editing.Methods;

/// <summary>
/// DiffQuickFix with the constraints of its released notebook (Basu et al., ICLR 2024; version of October 2024), for comparison: the first
/// layer, four prompts for each name, rows from the last token of the name (the one before the end token) to the last padding token, aligned
/// one to one and cut to the shorter list, values with the layer's bias, λ = 0.01, and nothing that protects anything. Written from the
/// formula; nothing is taken from the released code, whose licence forbids it. Systems are solved in float64 here too.
/// </summary>
public sealed class DiffQuickFixPublished : IEditMethod
{
    /// <summary>The name in a policy.</summary>
    public const string MethodName = "diff-quick-fix-published";

    private static readonly ImmutableArray<string> Templates = ["{}", "A photo of {}", "An image of {}", "A picture of {}"];

    /// <inheritdoc />
    public string Name => MethodName;

    /// <inheritdoc />
    public ImmutableArray<EditedTensor> Solve(EditTask task)
    {
        var fixedSettings = task.Policy.Edit with { Layers = [0], Lambda = 0.01, Templates = Templates, Contexts = 0, CovarianceWeight = 0, Preserve = PreserveMode.Soft };
        return TextEncoderEdit.Solve(task with { Policy = task.Policy with { Edit = fixedSettings } }, new TextEncoderRecipe(EncoderSite.OutProj, Plan) { KeepsBias = true });
    }

    internal static EditPlan Plan(Policy policy, CLIPTokenizer tokenizer) => EditPlan.OfPrompts(EditPrompts.InTemplates(policy, Templates), tokenizer, Align).WithWatched(policy, tokenizer);

    private static ImmutableArray<AlignedPosition> Align(EditPlan.Place old, EditPlan.Place target) =>
        [.. Enumerable.Range(0, Math.Min(old.Ids.Length - old.End, target.Ids.Length - target.End) + 1).Select(j => new AlignedPosition(old.End - 1 + j, target.End - 1 + j))];
}
