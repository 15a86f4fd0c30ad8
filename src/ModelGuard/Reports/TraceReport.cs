using System.Collections.Immutable;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Tracing;

namespace ModelGuard.Reports;

/// <summary>What a trace of a checkpoint found.</summary>
public sealed record TraceReport
{
    /// <summary>Version of the JSON form.</summary>
    public const string SchemaVersion = "1.0";

    /// <summary>Name of the file in the folder of a trace.</summary>
    public const string FileName = "modelguard-trace.json";

    /// <summary>Version of this tool.</summary>
    public required string ToolVersion { get; init; }

    /// <summary>The checkpoint.</summary>
    public required ModelReference Model { get; init; }

    /// <summary>SHA-256 of the scorer's weights; null when no picture was judged.</summary>
    public string? ScorerDigest { get; init; }

    /// <summary>What the numbers depend on besides the inputs.</summary>
    public required ComputeEnvironment Environment { get; init; }

    /// <summary>How it was traced.</summary>
    public required TraceSettings Settings { get; init; }

    /// <summary>How pictures were made; null when none were.</summary>
    public GenerationSettings? Generation { get; init; }

    /// <summary>The concepts.</summary>
    public required ImmutableArray<ConceptTrace> Concepts { get; init; }

    /// <summary>What differs from run to run.</summary>
    public RunFacts? Run { get; init; }
}

/// <summary>The traces of one concept.</summary>
/// <param name="Id">Its id in the policy, or the subject.</param>
/// <param name="Components">One trace for each component, way and measure.</param>
public sealed record ConceptTrace(string Id, ImmutableArray<ComponentTrace> Components);
