namespace ModelGuard.Policies;

/// <summary>Ends the reading of a policy whose findings nobody would read to the end.</summary>
#pragma warning disable CA1032, CA1064 // It never leaves the reader, and has nothing to say.
internal sealed class TooManyFindingsException : Exception;
#pragma warning restore CA1032, CA1064
