using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diagnostics;
using ModelGuard.Diffusion.Text;
using ModelGuard.Policies;

namespace ModelGuard.Analysis;

/// <summary>What can be told about a policy from the keys of its names before anything is solved.</summary>
public static class KeyAnalysis
{
    /// <summary>From this cosine on, two keys nearly coincide. In the sample model different names reach 0.64; "star" and "a star" have 0.99.</summary>
    public const double Coincidence = 0.9;

    /// <summary>From this share of its squared length on, a preserved key lies in the span of the edited ones.</summary>
    public const double Inside = 0.9;

    /// <summary>Compares the keys of all names in a CLIP text encoder.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="encoder">The text encoder.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <returns>MG1065 and MG1066, both warnings.</returns>
    /// <exception cref="CheckpointException">The encoder cannot be used.</exception>
    public static ImmutableArray<Diagnostic> Find(Policy policy, Component encoder, ITokenizer tokenizer)
    {
        var names = PolicyName.Of(policy);
        var geometry = KeyGeometry.Measure(encoder, tokenizer, [.. names.Select(n => n.Text)], [.. policy.Preserve.Select(p => p.Name)]);
        return [.. Coinciding(names, geometry, encoder.Name), .. InSpan(policy, names, geometry, encoder.Name)];
    }

    /// <summary>Pairs of names whose edits pull one key to two places.</summary>
    private static IEnumerable<Diagnostic> Coinciding(ImmutableArray<PolicyName> names, KeyGeometry geometry, string encoder) =>
        from pair in geometry.Pairs(Coincidence)
        let first = pair.First
        let second = pair.Second
        let cosine = geometry.Cosines[first, second]
        where names[first].Concept.Id != names[second].Concept.Id && !names[first].Concept.Target.Equals(names[second].Concept.Target, StringComparison.OrdinalIgnoreCase)
        select new Diagnostic("MG1065", DiagnosticSeverity.Warning, names[second].Location, FormattableString.Invariant($"In '{encoder}' the key of '{names[second].Text}' of '{names[second].Concept.Id}' nearly coincides with that of {names[first].Mention}: cosine {cosine:0.000}, from {Coincidence} on one edit pulls the other along. Give both one target, or remove one of them."));

    private static IEnumerable<Diagnostic> InSpan(Policy policy, ImmutableArray<PolicyName> names, KeyGeometry geometry, string encoder) =>
        from kept in Enumerable.Range(0, geometry.Shares.Length)
        let share = geometry.Shares[kept]
        where share >= Inside
        let nearest = Enumerable.Range(0, names.Length).MaxBy(i => geometry.PreservedCosines[kept, i])
        let preserved = policy.Preserve[kept]
        select new Diagnostic("MG1066", DiagnosticSeverity.Warning, preserved.Location, FormattableString.Invariant($"In '{encoder}' the key of the preserved '{preserved.Name}' lies to {100 * share:0.0} % in the span of the names that are edited (nearest is {names[nearest].Mention}, cosine {geometry.PreservedCosines[kept, nearest]:0.000}); from {100 * Inside:0} % on it can hardly be kept apart. Write 'preserve: hard' into 'edit', or choose other names."));
}
