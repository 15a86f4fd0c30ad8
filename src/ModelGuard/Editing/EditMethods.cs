using System.Collections.Immutable;
using ModelGuard.Caching;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Text;
using ModelGuard.Editing.Hardening;
using ModelGuard.Editing.Methods;
using ModelGuard.Policies;

namespace ModelGuard.Editing;

/// <summary>What an edit is made from.</summary>
/// <param name="Checkpoint">The base.</param>
/// <param name="Policy">What it must forget, learn anew and keep.</param>
public sealed record EditTask(Checkpoint Checkpoint, Policy Policy)
{
    /// <summary>Where second moments of ordinary text are kept; they only save time.</summary>
    public ContentCache Cache { get; init; } = ContentCache.None;

    /// <summary>Digests of the base's files that are known; asked only where there is a cache.</summary>
    public DigestCache Digests { get; init; } = DigestCache.None;

    /// <summary>The base's tokenizers; each is let go as soon as its sentences are split.</summary>
    public CheckpointTokenizers Tokenizers { get; init; } = new(Checkpoint);

    /// <summary>Layers of text encoders, by component, where the policy leaves the choice to a trace; all layers of those that are missing here.</summary>
    public ImmutableDictionary<string, ImmutableArray<int>> TracedLayers { get; init; } = ImmutableDictionary<string, ImmutableArray<int>>.Empty;

    /// <summary>
    /// An edited checkpoint whose tensors the layers behind them see in place of those just solved, to check each of its tensors by itself:
    /// else a last bit that another processor rounds otherwise would grow from layer to layer. Null to go on with what was solved.
    /// </summary>
    public Checkpoint? Upstream { get; init; }

    /// <summary>Is told of each round of hardening as soon as it has ended, on the thread that solves.</summary>
    public Action<HardeningRound>? Hardening { get; init; }

    /// <summary>What an attack on earlier solutions found; the edit is solved on it, too.</summary>
    internal Findings Findings { get; init; } = Findings.None;

    /// <summary>The same for an edit of the cross-attention; null for nothing.</summary>
    internal FoundContexts? FoundContexts { get; init; }

    /// <summary>Stops between two layers.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>A way to edit a checkpoint in closed form. The result depends on nothing but base and policy, and not on the order of its concepts.</summary>
public interface IEditMethod
{
    /// <summary>Its name in a policy (<c>edit.method</c>).</summary>
    string Name { get; }

    /// <summary>Solves the edit.</summary>
    /// <exception cref="EditException">MG1001 to MG1008 for an edit that cannot be made as the policy asks.</exception>
    /// <exception cref="CheckpointException">The base cannot be used.</exception>
    ImmutableArray<EditedTensor> Solve(EditTask task);
}

/// <summary>The methods, by their names in a policy.</summary>
public static class EditMethods
{
    /// <summary>All of them.</summary>
    public static ImmutableArray<IEditMethod> All { get; } = [new DiffQuickFix(), new DiffQuickFixPublished(), new TextEncoderMlp(), new Uce(), new LocoEdit()];

    /// <summary>The method of a policy; its names were checked when it was read.</summary>
    public static IEditMethod Of(Policy policy) => All.Single(m => m.Name == policy.Edit.Method);

    /// <summary>Solves a policy's edit by the method that it names, and by one of the cross-attention besides where it asks for it, each on the base, and holds the result against its limit on drift.</summary>
    /// <exception cref="EditException">MG1001 to MG1008 for an edit that cannot be made as the policy asks; MG1009 when a preserved prompt drifts further than it allows.</exception>
    /// <exception cref="CheckpointException">The base cannot be used.</exception>
    public static ImmutableArray<EditedTensor> Solve(EditTask task)
    {
        var edit = task.Policy.Edit;
        // The text encoder's layers are none of the UNet's, and what hardening finds against both is best taken away behind the first.
        var edits = edit.CrossAttention is not { } second
            ? Harden(task)
            : [.. Harden(With(task, edit with { CrossAttention = null, Harden = 0 })), .. Harden(With(task, edit with { Method = second, CrossAttention = null, Layers = null }))];
        PromptDrifts.RequireWithin(edit.MaxDrift, edits);
        return edits;
    }

    private static ImmutableArray<EditedTensor> Harden(EditTask task)
    {
        var method = Of(task.Policy);
        return task.Policy.Edit.Harden > 0 ? HardenedEdit.Solve(task, method.Solve) : method.Solve(task);
    }

    private static EditTask With(EditTask task, EditSection edit) => task with { Policy = task.Policy with { Edit = edit } };
}
