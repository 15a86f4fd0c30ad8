namespace ModelGuard.Tracing;

/// <summary>What a position is in its prompt, so that prompts of different length can be averaged (Meng et al., 2022, section 2.2).</summary>
public enum TokenRole
{
    /// <summary>The begin token and what stands before the subject; its states do not depend on the subject.</summary>
    Before,

    /// <summary>A token of the subject, not its last.</summary>
    Subject,

    /// <summary>The last subject token.</summary>
    LastSubject,

    /// <summary>A token behind the subject.</summary>
    After,

    /// <summary>The end token.</summary>
    End,

    /// <summary>All padding together.</summary>
    Padding,

    /// <summary>All positions together that can differ; sites of the UNet have no others.</summary>
    All,
}
