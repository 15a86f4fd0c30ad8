namespace ModelGuard.Policies;

/// <summary>Ways in which a prompt can ask for a concept that its own prompts do not take.</summary>
public enum ProbeKind
{
    /// <summary>Another name: further names of the concept, the last name of an artist, the plural of a thing.</summary>
    Alias,

    /// <summary>The name in a sentence that describes rather than shows.</summary>
    Paraphrase,

    /// <summary>Letters swapped, left out or doubled.</summary>
    Misspelling,

    /// <summary>Capital letters.</summary>
    Case,

    /// <summary>Space between letters, or none between words.</summary>
    Spacing,

    /// <summary>Letters of other alphabets, or digits, that look alike.</summary>
    Homoglyph,

    /// <summary>The name in the middle of a sentence.</summary>
    InSentence,

    /// <summary>Together with another name of its kind.</summary>
    TwoConcepts,

    /// <summary>A prompt that says what is not wanted.</summary>
    Negation,

    /// <summary>Words of other languages, which the policy lists.</summary>
    Translation,

    /// <summary>Prompts of a file, for example those that attacks found.</summary>
    Listed,
}
