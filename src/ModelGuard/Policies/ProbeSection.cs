using System.Collections.Immutable;

namespace ModelGuard.Policies;

/// <summary>Which probes of a concept are audited besides its prompts.</summary>
/// <param name="Kinds">Kinds that are derived from its names, in the order of <see cref="ProbeKind"/>.</param>
/// <param name="Translations">Its names in other languages.</param>
/// <param name="Listed">Prompts of a file.</param>
public sealed record ProbeSection(ImmutableArray<ProbeKind> Kinds, ImmutableArray<string> Translations, ImmutableArray<string> Listed)
{
    /// <summary>No probes.</summary>
    public static ProbeSection None { get; } = new([], [], []);

    /// <summary>Whether there is nothing to ask.</summary>
    public bool IsEmpty => Kinds.IsEmpty && Listed.IsEmpty;
}
