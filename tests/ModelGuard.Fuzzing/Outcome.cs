namespace ModelGuard.Fuzzing;

/// <summary>What came of one input.</summary>
/// <param name="Signature">What tells it from other outcomes: codes, or the place that threw.</param>
/// <param name="Defect">Why it must not be; null where all is well.</param>
/// <param name="Allocated">Bytes that were allocated.</param>
internal sealed record Outcome(string Signature, string? Defect, long Allocated);
