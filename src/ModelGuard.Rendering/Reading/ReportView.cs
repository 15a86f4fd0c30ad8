using System.Collections.Immutable;

namespace ModelGuard.Rendering.Reading;

/// <summary>A report as <c>docs/schemas/report-v1.schema.json</c> describes it. Whoever wrote it may have meant harm: no text in it goes anywhere but through <see cref="UntrustedText"/>.</summary>
/// <param name="SchemaVersion">Version of its form.</param>
/// <param name="Tool">The tool that wrote it.</param>
/// <param name="Policy">The policy's file and the SHA-256 of its bytes.</param>
/// <param name="Model">Base and edited model.</param>
/// <param name="Environment">What the numbers depend on besides the inputs.</param>
/// <param name="Edit">How the edit was made; null in the report of an audit.</param>
/// <param name="Audit">What was measured and judged; null in the report of an edit.</param>
/// <param name="Run">What differs from run to run.</param>
public sealed record ReportView(string SchemaVersion, ToolView Tool, NamedDigest Policy, ModelsView Model, EnvironmentView Environment, EditView? Edit = null, AuditView? Audit = null, RunView? Run = null)
{
    private readonly Lazy<ILookup<string, string>> publicNames = new(() => (Audit?.Gates ?? []).ToLookup(g => g.Concept, g => g.DisplayName, StringComparer.Ordinal), LazyThreadSafetyMode.PublicationOnly);

    /// <summary>What a concept is called in public: its display name where a gate tells it, else its id.</summary>
    public string PublicName(string concept) => publicNames.Value[concept].FirstOrDefault() ?? concept;
}

/// <summary>The tool that wrote a report.</summary>
/// <param name="Name">Name.</param>
/// <param name="Version">Version.</param>
public sealed record ToolView(string Name, string Version);

/// <summary>Something by name and content.</summary>
/// <param name="Name">Name of a file or a folder.</param>
/// <param name="Digest"><c>sha256:</c> and 64 hexadecimal digits.</param>
public sealed record NamedDigest(string Name, string Digest);

/// <summary>The models of a report, by their root digests.</summary>
/// <param name="Base">The base.</param>
/// <param name="Output">The model that the report is about.</param>
/// <param name="SettingsDigest">Root digest of what a single-file base takes from elsewhere; null for a folder.</param>
/// <param name="Serialization">What the root digests are over; null for whole files.</param>
public sealed record ModelsView(NamedDigest Base, NamedDigest Output, string? SettingsDigest = null, SerializationView? Serialization = null)
{
    /// <summary>Files of the base that the edited model leaves out.</summary>
    public ImmutableArray<string> LeftOut { get => field.IsDefault ? [] : field; init; }
}

/// <summary>What root digests are over, where it is not whole files (OpenSSF model signing v1.0 §6.3).</summary>
/// <param name="Method">The method: <c>shards</c>.</param>
/// <param name="ShardSize">Bytes of a shard.</param>
public sealed record SerializationView(string Method, long ShardSize);

/// <summary>What the numbers depend on besides the inputs.</summary>
/// <param name="Libtorch">Version of LibTorch.</param>
/// <param name="Device">Device.</param>
/// <param name="Threads">Number of threads.</param>
/// <param name="Convolutions">How convolutions were computed; null where there were none.</param>
/// <param name="Dtype">The type that pictures were made in; null where none were made.</param>
/// <param name="Processor">The processor's own name; null in the report of an audit.</param>
public sealed record EnvironmentView(string Libtorch, string Device, int Threads, string? Convolutions = null, string? Dtype = null, string? Processor = null);

/// <summary>What differs from run to run.</summary>
/// <param name="StartedAt">Start, UTC.</param>
/// <param name="DurationMs">Milliseconds.</param>
/// <param name="Machine">Operating system and processor architecture.</param>
/// <param name="EditMs">Milliseconds of solving; null where nothing was solved.</param>
public sealed record RunView(DateTimeOffset StartedAt, double DurationMs, string Machine, double? EditMs = null);
