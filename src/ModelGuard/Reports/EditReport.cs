using System.Collections.Immutable;
using ModelGuard.Auditing;
using ModelGuard.Editing;
using ModelGuard.Editing.Hardening;
using ModelGuard.Fingerprints;
using ModelGuard.Policies;
using ModelGuard.Tracing;
using ModelGuard.Verdicts;

namespace ModelGuard.Reports;

/// <summary>Everything that a run found; every output (table, JSON, exit code) is a view of it.</summary>
public sealed record EditReport
{
    /// <summary>Version of the JSON form.</summary>
    public const string SchemaVersion = "1.0";

    /// <summary>Name of the file beside an edited checkpoint.</summary>
    public const string FileName = "modelguard-report.json";

    /// <summary>Version of this tool.</summary>
    public required string ToolVersion { get; init; }

    /// <summary>The policy.</summary>
    public required PolicyReference Policy { get; init; }

    /// <summary>The base checkpoint.</summary>
    public required ModelReference Base { get; init; }

    /// <summary>Root digest of the configs and tokenizers that a single-file base takes from elsewhere; null for a folder, which brings its own.</summary>
    public string? SettingsDigest { get; init; }

    /// <summary>The checkpoint that the report is about.</summary>
    public required ModelReference Model { get; init; }

    /// <summary>Bytes of the shards that the root digests of base and checkpoint are over (OpenSSF model signing v1.0 §6.3.2); null where they are over whole files.</summary>
    public long? ShardSize { get; init; }

    /// <summary>What the numbers depend on besides the inputs.</summary>
    public required ComputeEnvironment Environment { get; init; }

    /// <summary>How the edit was asked for; null when the report is about an audit alone.</summary>
    public EditSection? Edit { get; init; }

    /// <summary>Which layers a trace of the base chose, and why; empty where the policy names them.</summary>
    public ImmutableArray<LayerChoice> LayerChoices { get; init; } = [];

    /// <summary>The tensors that differ from the base.</summary>
    public ImmutableArray<EditedTensor> Edits { get; init; } = [];

    /// <summary>The ways from a prompt to the picture, and whether the edit lies on each of them.</summary>
    public ImmutableArray<TextPath> TextPaths { get; init; } = [];

    /// <summary>By which the edited text encoders are known wherever they are in use; null where the edit changes none.</summary>
    public ModelFingerprint? Fingerprint { get; init; }

    /// <summary>The rounds in which the edit was hardened; empty where the policy asks for none.</summary>
    public ImmutableArray<HardeningRound> Hardening { get; init; } = [];

    /// <summary>Files of the base that the edited checkpoint leaves out, because they hold unedited weights in another form.</summary>
    public ImmutableArray<string> LeftOut { get; init; } = [];

    /// <summary>The audit; null when none was made.</summary>
    public AuditReport? Audit { get; init; }

    /// <summary>What differs from run to run.</summary>
    public RunFacts? Run { get; init; }
}

/// <summary>A policy by name and content.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Digest">SHA-256 of its bytes.</param>
public sealed record PolicyReference(string Name, string Digest);

/// <summary>A checkpoint by name and content.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Digest">Its root digest.</param>
public sealed record ModelReference(string Name, string Digest);

/// <summary>What the numbers depend on besides the inputs.</summary>
/// <param name="LibTorch">Version of LibTorch.</param>
/// <param name="Device">Device.</param>
/// <param name="Threads">Number of threads.</param>
/// <param name="Convolutions">How convolutions were computed; null when there were none.</param>
/// <param name="Dtype">The type that pictures were made in; null where none were made.</param>
/// <param name="Processor">The processor's own name, which decides about the last bits of an edit; null in the report of an audit.</param>
public sealed record ComputeEnvironment(string LibTorch, string Device, int Threads, string? Convolutions, string? Dtype = null, string? Processor = null);

/// <summary>What an audit measured and judged.</summary>
/// <param name="ScorerDigest">SHA-256 of the scorer's weights.</param>
/// <param name="Generation">How pictures were made; the seeds are 0 … seeds − 1.</param>
/// <param name="FailOn">The lowest severity whose failures fail the run.</param>
/// <param name="Measured">What was measured.</param>
/// <param name="Outcomes">What the gates said, waivers applied.</param>
/// <param name="Waivers">The policy's waivers.</param>
/// <param name="Verdict">The overall verdict.</param>
public sealed record AuditReport(string ScorerDigest, GenerationSection Generation, Severity FailOn, ImmutableArray<SubjectMeasurements> Measured, ImmutableArray<GateOutcome> Outcomes, ImmutableArray<Waiver> Waivers, Verdict Verdict)
{
    /// <summary>The pictures that were kept; null when none were.</summary>
    public PictureIndexReference? Pictures { get; init; }

    /// <summary>How concepts were attacked; null where no gate asked for it.</summary>
    public AttackSection? Attack { get; init; }
}

/// <summary>Pictures of an audit, by the list that names each with its digest.</summary>
/// <param name="Name">The list's file name.</param>
/// <param name="Digest">SHA-256 of its bytes.</param>
/// <param name="Count">Number of pictures.</param>
public sealed record PictureIndexReference(string Name, string Digest, int Count);

/// <summary>What differs from run to run.</summary>
/// <param name="StartedAt">Start, UTC.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="EditDuration">How long solving took; null when nothing was solved.</param>
/// <param name="Machine">Operating system and processor architecture.</param>
public sealed record RunFacts(DateTimeOffset StartedAt, TimeSpan Duration, TimeSpan? EditDuration, string Machine);
