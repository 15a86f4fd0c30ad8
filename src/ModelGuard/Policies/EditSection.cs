using System.Collections.Immutable;

namespace ModelGuard.Policies;

/// <summary>How the checkpoint is edited.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="Layers">Layers of the text encoder, or of the UNet's cross-attention, ascending; null for what a trace of the base says, or all where it says nothing (<c>auto</c>).</param>
/// <param name="Lambda">λ of the ridge system.</param>
/// <param name="Tokens">Which positions take part.</param>
/// <param name="PreserveWeight">μ of the preserved prompts.</param>
/// <param name="Templates">Sentences with <c>{}</c> for the concept that the edit is solved on.</param>
public sealed record EditSection(string Method, ImmutableArray<int>? Layers, double Lambda, TokenSelection Tokens, double PreserveWeight, ImmutableArray<string> Templates)
{
    /// <summary>Sentences with other names around it that an edit of few concepts solves each name in.</summary>
    public const int DefaultContexts = 24;

    /// <summary>The most sentences that an edit is solved on; with many names these, not the solution, would take the time.</summary>
    public const int MostSentences = 2048;

    /// <summary>Templates of an edit that names none: short ones, and the concept in the middle of a sentence.</summary>
    public static ImmutableArray<string> DefaultTemplates { get; } = ["{}", "a {}", "a photo of {}", "an image of {}", "a picture of {}", "a drawing of a {}", "look at the {} over there"];

    /// <summary>
    /// A method that edits the cross-attention besides, when <see cref="Method"/> edits the text encoder; null for none. What an attacker's free
    /// embedding carries past the edited weights of a text encoder then meets keys and values that know the concept no more.
    /// </summary>
    public string? CrossAttention { get; init; }

    /// <summary>The most sentences with other names around it that each name is edited in, besides the templates; 0 for the templates alone. Very many names take turns in them.</summary>
    public int Contexts { get; init; }

    /// <summary>Weight of the second moment of ordinary captions, for each row that a name asks to change; 0 for none, that is, a plain λI.</summary>
    public double CovarianceWeight { get; init; }

    /// <summary>The most captions that the moment is taken over.</summary>
    public int Captions { get; init; } = 300;

    /// <summary>How firmly preserved names stay.</summary>
    public PreserveMode Preserve { get; init; }

    /// <summary>The largest drift of a preserved prompt that is allowed; null for any.</summary>
    public double? MaxDrift { get; init; }

    /// <summary>The most rounds in which inputs that still lead to a concept are searched and edited, too; 0 for none.</summary>
    public int Harden { get; init; }

    /// <summary>Whether abstract concepts may be edited in the first layer alone.</summary>
    public bool AllowFirstLayerOnly { get; init; }
}

/// <summary>How firmly preserved names stay.</summary>
public enum PreserveMode
{
    /// <summary>As weighted rows that the edit weighs against what is to change.</summary>
    Soft,

    /// <summary>Exactly, by projection onto the null space of their keys; and as weighted rows in sentences.</summary>
    Hard,
}

/// <summary>The positions of a prompt that take part in an edit.</summary>
public enum TokenSelection
{
    /// <summary>The last subject token alone, as in the paper.</summary>
    LastSubject,

    /// <summary>The subject and everything behind it, end and padding tokens included.</summary>
    SubjectToEnd,
}
