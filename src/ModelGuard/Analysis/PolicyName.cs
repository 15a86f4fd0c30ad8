using System.Collections.Immutable;
using ModelGuard.Diagnostics;
using ModelGuard.Policies;

namespace ModelGuard.Analysis;

/// <summary>A name that an edit changes, with the concept that it belongs to.</summary>
/// <param name="Text">The name.</param>
/// <param name="Concept">Its concept.</param>
/// <param name="Location">Where it stands.</param>
internal sealed record PolicyName(string Text, Concept Concept, SourceLocation Location)
{
    /// <summary>How messages mention it where it is not the subject.</summary>
    public string Mention => FormattableString.Invariant($"'{Text}' (concept '{Concept.Id}', line {Location.Line})");

    /// <summary>All names of all concepts, in the policy's order.</summary>
    public static ImmutableArray<PolicyName> Of(Policy policy) =>
        [.. policy.Concepts.SelectMany(c => c.Match.Select((name, i) => new PolicyName(name, c, c.MatchLocations.IsDefaultOrEmpty ? c.Location : c.MatchLocations[i])))];
}
