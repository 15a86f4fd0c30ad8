using System.Collections.Immutable;

namespace ModelGuard.Editing;

/// <summary>How far an edited weight moves what it gives for a preserved prompt.</summary>
/// <param name="Name">The preserved name.</param>
/// <param name="Prompt">The prompt.</param>
/// <param name="Drift">The largest ‖ΔW k‖ ÷ ‖W₀ k‖ over the prompt's positions, with ΔW as stored and k from the unedited model.</param>
public sealed record PromptDrift(string Name, string Prompt, double Drift);

/// <summary>Judges drift before any picture is made.</summary>
public static class PromptDrifts
{
    /// <summary>For each preserved prompt its largest drift over all edited tensors, in the order of the policy.</summary>
    public static ImmutableArray<PromptDrift> Worst(IEnumerable<EditedTensor> edits) =>
        [.. edits.SelectMany(e => e.Drift).GroupBy(d => (d.Name, d.Prompt)).Select(g => g.MaxBy(d => d.Drift)!)];

    /// <summary>Refuses an edit that moves a preserved prompt too far.</summary>
    /// <exception cref="EditException">MG1009.</exception>
    public static void RequireWithin(double? limit, IEnumerable<EditedTensor> edits)
    {
        if (limit is not { } most || Worst(edits).MaxBy(d => d.Drift) is not { } worst || worst.Drift <= most) return;
        throw new EditException("MG1009", FormattableString.Invariant($"The edit moves the preserved prompt '{worst.Prompt}' by {worst.Drift:0.####} of what it was, and 'edit.maxDrift' allows {most:0.####}. Raise 'edit.covarianceWeight' or 'edit.preserveWeight', choose 'preserve: hard' or fewer layers, or allow more."));
    }
}
