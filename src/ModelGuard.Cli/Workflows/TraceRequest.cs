using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Tracing;

namespace ModelGuard.Cli.Workflows;

/// <summary>What is to be traced.</summary>
/// <param name="Model">The checkpoint.</param>
/// <param name="Options">How it is opened.</param>
/// <param name="Scorer">The CLIP folder; null when no picture is looked at.</param>
/// <param name="Generation">How pictures are made.</param>
/// <param name="Concepts">Concepts with their prompts.</param>
internal sealed record TraceRequest(string Model, CheckpointOptions Options, string? Scorer, GenerationSettings Generation, ImmutableArray<(string Id, ImmutableArray<TraceSubject> Subjects)> Concepts);

/// <summary>Where it is computed.</summary>
/// <param name="Device">Device.</param>
/// <param name="Dtype">The type that pictures are made in.</param>
/// <param name="Links">Which links are followed.</param>
internal sealed record TracePlace(string Device, string Dtype, LinkRule Links);
