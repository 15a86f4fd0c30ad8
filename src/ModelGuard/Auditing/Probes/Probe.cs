using ModelGuard.Policies;

namespace ModelGuard.Auditing.Probes;

/// <summary>A prompt that asks for a concept in another way than its own prompts do.</summary>
/// <param name="Kind">In which way.</param>
/// <param name="Prompt">The prompt.</param>
public sealed record Probe(ProbeKind Kind, string Prompt);

/// <summary>What came of a probe.</summary>
/// <param name="Probe">The probe.</param>
/// <param name="Pictures">Number of pictures of each model.</param>
/// <param name="Value">The share of the edited model's pictures that show the concept.</param>
/// <param name="Baseline">The same of the base's; null without a base.</param>
public sealed record ProbeResult(Probe Probe, int Pictures, double Value, double? Baseline);
