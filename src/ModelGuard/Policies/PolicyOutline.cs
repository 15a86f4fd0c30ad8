using System.Collections.Immutable;
using ModelGuard.Diagnostics;

namespace ModelGuard.Policies;

/// <summary>
/// What the checks between the parts of a policy need of it, also of parts with errors: null stands for what could not be read. So these
/// checks report their findings together with all others.
/// </summary>
internal sealed record PolicyOutline(
    ImmutableArray<ConceptOutline?> Concepts,
    ImmutableArray<PreservedConcept?> Preserve,
    ImmutableArray<GateOutline?> Gates,
    ImmutableArray<WaiverOutline?> Waivers,
    EditSection Edit);

internal sealed record ConceptOutline(string? Id, ConceptAction? Action, AttributeKind? Attribute, ImmutableArray<string> Match, string? Target, SourceLocation Location, Concept? Concept = null)
{
    /// <summary>What messages call it.</summary>
    public string Name => Id ?? FormattableString.Invariant($"the one in line {Location.Line}");
}

internal sealed record GateOutline(string? Id, GateScope? Scope, SourceLocation Location, Gate? Gate = null)
{
    /// <summary>What messages call it.</summary>
    public string Name => Id ?? FormattableString.Invariant($"in line {Location.Line}");
}

internal sealed record WaiverOutline(string? Gate, string? Concept, SourceLocation Location, Waiver? Waiver = null);
