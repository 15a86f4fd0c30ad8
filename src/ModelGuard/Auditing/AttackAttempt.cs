namespace ModelGuard.Auditing;

/// <summary>What says whether an attack succeeded.</summary>
public enum AttackJudge
{
    /// <summary>The states of the text encoders, recognised among those that the base gives for the concept, its replacement and its neighbours.</summary>
    States,

    /// <summary>Pictures, recognised by the scorer.</summary>
    Pictures,
}

/// <summary>One attack on one prompt, and what came of it.</summary>
/// <param name="Attack">The attack.</param>
/// <param name="Prompt">The prompt that it started from.</param>
/// <param name="Found">The prompt that it found; null where it is none that can be typed.</param>
/// <param name="DistanceBefore">How far the edited encoder's states were from the base's.</param>
/// <param name="DistanceAfter">How far they are for what was found.</param>
/// <param name="WasPresent">Whether the plain prompt shows the concept already.</param>
/// <param name="Succeeded">Whether what was found does.</param>
/// <param name="Judge">What both were judged on.</param>
/// <param name="IsNearest">Whether the states of what was found are nearest to those of the concept; the same as <paramref name="Succeeded"/> where states are the judge.</param>
public sealed record AttackAttempt(string Attack, string Prompt, string? Found, double DistanceBefore, double DistanceAfter, bool WasPresent, bool Succeeded, AttackJudge Judge = AttackJudge.Pictures, bool IsNearest = false);
