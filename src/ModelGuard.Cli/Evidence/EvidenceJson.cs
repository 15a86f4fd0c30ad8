using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace ModelGuard.Cli.Evidence;

/// <summary>Machine output of <c>keygen</c>.</summary>
internal sealed record KeygenResult(string PrivateKey, string PublicKey, string Hint, bool HasPassword);

/// <summary>Machine output of <c>sign</c>.</summary>
internal sealed record SignResult(string Model, string Signature, string? Statements, string Signer, string Root, int Files, ImmutableArray<string> Reports);

/// <summary>Machine output of <c>verify</c>: what each part proved; null for parts that were not asked for.</summary>
internal sealed record VerifyResult(string Model, SignatureProof? Signature = null, DigestProof? Digest = null, EditProof? Edit = null, FingerprintProof? Fingerprint = null, GatesProof? Gates = null);

/// <summary>What came of gates that were run again.</summary>
/// <param name="Verdict">The verdict of the run.</param>
/// <param name="Summary">How many gate results of each kind.</param>
internal sealed record GatesProof(string Verdict, string Summary);

/// <summary>Generated at build time: these commands start in a fraction of a second.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n", UseStringEnumConverter = true)]
[JsonSerializable(typeof(KeygenResult))]
[JsonSerializable(typeof(SignResult))]
[JsonSerializable(typeof(VerifyResult))]
internal sealed partial class EvidenceJson : JsonSerializerContext;
