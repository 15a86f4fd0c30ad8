using System.Collections.Immutable;
using ModelGuard.Diagnostics;

namespace ModelGuard.Policies;

/// <summary>What a company demands of a checkpoint (contracts, version 1).</summary>
public sealed record Policy
{
    /// <summary>The policy file.</summary>
    public required string Path { get; init; }

    /// <summary>SHA-256 in lower-case hex: of the file's bytes, or, when it names prompt files, of its digest and theirs in the order of their paths.</summary>
    public required string Digest { get; init; }

    /// <summary>Which checkpoint, and where the edited one goes.</summary>
    public required ModelSection Model { get; init; }

    /// <summary>The CLIP folder that judges, as written.</summary>
    public required string Scorer { get; init; }

    /// <summary>How the checkpoint is edited.</summary>
    public required EditSection Edit { get; init; }

    /// <summary>How audit pictures are made.</summary>
    public required GenerationSection Generation { get; init; }

    /// <summary>How removed concepts are attacked.</summary>
    public AttackSection Attack { get; init; } = new();

    /// <summary>What is to be forgotten or changed.</summary>
    public required ImmutableArray<Concept> Concepts { get; init; }

    /// <summary>What must not be hurt.</summary>
    public required ImmutableArray<PreservedConcept> Preserve { get; init; }

    /// <summary>What is measured against which limit.</summary>
    public required ImmutableArray<Gate> Gates { get; init; }

    /// <summary>The lowest severity whose failures fail the run.</summary>
    public required Severity FailOn { get; init; }

    /// <summary>Failures that somebody accepted for a time.</summary>
    public required ImmutableArray<Waiver> Waivers { get; init; }

    /// <summary>Full names of the files that prompts come from.</summary>
    public ImmutableArray<string> PromptFiles { get; init; } = [];

    /// <summary>A path of the policy, relative to its file.</summary>
    public string Resolve(string path) => System.IO.Path.GetFullPath(path, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);
}

/// <summary>The checkpoint of a policy.</summary>
/// <param name="Base">A diffusers folder, or a single-file checkpoint.</param>
/// <param name="Digest">Its root digest as <c>sha256:…</c>, or null.</param>
/// <param name="Output">Where the edited folder goes.</param>
/// <param name="Location">Where <c>base</c> stands.</param>
public sealed record ModelSection(string Base, string? Digest, string Output, SourceLocation Location)
{
    /// <summary>A diffusers folder with the configs and tokenizers that a single file lacks, or null.</summary>
    public string? Components { get; init; }

    /// <summary>Which variant of the weights is read, for example <c>fp16</c>, or null.</summary>
    public string? Variant { get; init; }
}

/// <summary>How audit pictures are made.</summary>
/// <param name="Scheduler">Scheduler's name.</param>
/// <param name="Steps">Number of steps.</param>
/// <param name="GuidanceScale">Guidance scale.</param>
/// <param name="Seeds">Number of seeds for each prompt, from 0.</param>
public sealed record GenerationSection(string Scheduler, int Steps, double GuidanceScale, int Seeds)
{
    /// <summary>How often gates look at the pictures while seeds are added, and may stop; null for once, at the end.</summary>
    public int? Looks { get; init; }
}

/// <summary>What is done to a concept.</summary>
public enum ConceptAction
{
    /// <summary>It is to be forgotten.</summary>
    Remove,

    /// <summary>It is to mean something else.</summary>
    Update,
}

/// <summary>What kind of thing a concept is.</summary>
public enum AttributeKind
{
    /// <summary>A thing.</summary>
    Object,

    /// <summary>A way of painting.</summary>
    Style,

    /// <summary>A colour.</summary>
    Color,

    /// <summary>A verb.</summary>
    Action,

    /// <summary>Something that can only be known.</summary>
    Fact,

    /// <summary>Something that is no thing and no look of one, such as violence: its meaning forms in late layers.</summary>
    Abstract,
}

/// <summary>How much a concept matters.</summary>
public enum Severity
{
    /// <summary>Low.</summary>
    Low,

    /// <summary>Medium.</summary>
    Medium,

    /// <summary>High.</summary>
    High,

    /// <summary>Critical.</summary>
    Critical,
}

/// <summary>Something to be forgotten or changed.</summary>
public sealed record Concept
{
    /// <summary>Stable id in kebab case.</summary>
    public required string Id { get; init; }

    /// <summary>What is done.</summary>
    public required ConceptAction Action { get; init; }

    /// <summary>What kind of thing it is.</summary>
    public required AttributeKind Attribute { get; init; }

    /// <summary>The names it goes by.</summary>
    public required ImmutableArray<string> Match { get; init; }

    /// <summary>Where each of the names stands; empty for a concept that no file holds.</summary>
    public ImmutableArray<SourceLocation> MatchLocations { get; init; } = [];

    /// <summary>What takes the place of a removed concept; of an updated one its new look.</summary>
    public required string Target { get; init; }

    /// <summary>Where the target stands; null for a concept that no file holds.</summary>
    public SourceLocation? TargetLocation { get; init; }

    /// <summary>The old look of an updated concept; null for a removed one.</summary>
    public string? From { get; init; }

    /// <summary>Audit prompts with <c>{concept}</c>.</summary>
    public required ImmutableArray<string> Prompts { get; init; }

    /// <summary>Names that it is recognised among.</summary>
    public required ImmutableArray<string> Distractors { get; init; }

    /// <summary>Probes that are audited besides its prompts.</summary>
    public ProbeSection Probes { get; init; } = ProbeSection.None;

    /// <summary>Who answers for it.</summary>
    public string? Owner { get; init; }

    /// <summary>How much it matters.</summary>
    public required Severity Severity { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>What it is called in public.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Where it stands.</summary>
    public required SourceLocation Location { get; init; }
}

/// <summary>Something that must not be hurt.</summary>
/// <param name="Name">The name, which is also what the scorer looks for.</param>
/// <param name="Attribute">What kind of thing it is; null when the name is a whole description.</param>
/// <param name="Prompts">Audit prompts with <c>{concept}</c>.</param>
/// <param name="Distractors">Names that it is recognised among.</param>
/// <param name="Location">Where it stands.</param>
public sealed record PreservedConcept(string Name, AttributeKind? Attribute, ImmutableArray<string> Prompts, ImmutableArray<string> Distractors, SourceLocation Location);

/// <summary>What a gate looks at.</summary>
public enum GateScope
{
    /// <summary>Removed concepts.</summary>
    Removed,

    /// <summary>Updated concepts.</summary>
    Updated,

    /// <summary>Preserved concepts.</summary>
    Preserved,
}

/// <summary>Which side of a limit is allowed, and what is compared with it.</summary>
public enum LimitKind
{
    /// <summary>The value is at most the limit.</summary>
    Max,

    /// <summary>The value is at least the limit.</summary>
    Min,

    /// <summary>The value is at most the limit times the base's.</summary>
    MaxRatio,

    /// <summary>The value is at least the limit times the base's.</summary>
    MinRatio,

    /// <summary>The value is below the base's by at most the limit.</summary>
    MaxDrop,

    /// <summary>The value is below the base's by at most the limit times the base's.</summary>
    MaxRelativeDrop,
}

/// <summary>One metric with one limit.</summary>
/// <param name="Id">Stable id.</param>
/// <param name="Metric">The metric's name.</param>
/// <param name="On">What it looks at.</param>
/// <param name="Limit">Which kind of limit.</param>
/// <param name="Value">The limit.</param>
/// <param name="Location">Where it stands.</param>
public sealed record Gate(string Id, string Metric, GateScope On, LimitKind Limit, double Value, SourceLocation Location)
{
    /// <summary>What is compared with instead of the base, or null.</summary>
    public GateBaseline? Baseline { get; init; }
}

/// <summary>A baseline that a gate names.</summary>
/// <param name="Path">The file, as written.</param>
/// <param name="Location">Where it stands.</param>
public sealed record GateBaseline(string Path, SourceLocation Location);

/// <summary>A failure that somebody accepts until a day.</summary>
/// <param name="Gate">The gate.</param>
/// <param name="Concept">The concept's id or the preserved name.</param>
/// <param name="Owner">Who accepts it.</param>
/// <param name="Reason">Why.</param>
/// <param name="Expires">The last day (UTC) on which it counts.</param>
/// <param name="Location">Where it stands.</param>
public sealed record Waiver(string Gate, string Concept, string Owner, string Reason, DateOnly Expires, SourceLocation Location);
