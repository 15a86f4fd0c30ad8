namespace ModelGuard.Verdicts;

/// <summary>What came of a gate, or of a run.</summary>
public enum Verdict
{
    /// <summary>The interval lies on the allowed side of the limit.</summary>
    Pass,

    /// <summary>The interval lies on the other side, and somebody accepted that.</summary>
    Waived,

    /// <summary>The interval straddles the limit, or nothing was measured.</summary>
    Inconclusive,

    /// <summary>The interval lies on the other side.</summary>
    Fail,
}
