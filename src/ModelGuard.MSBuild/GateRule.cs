namespace ModelGuard.MSBuild;

/// <summary>What a gate that did not pass is to a build.</summary>
internal enum GateRule
{
    /// <summary>An error at the concept's place in the policy; the build fails.</summary>
    Error,

    /// <summary>A warning at the same place.</summary>
    Warn,

    /// <summary>A line of the build's output.</summary>
    Off,
}
