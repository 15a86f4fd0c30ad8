using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace ModelGuard.Cli.Evidence;

/// <summary>Machine output of <c>keygen</c>.</summary>
internal sealed record KeygenResult(string PrivateKey, string PublicKey, string Hint, bool HasPassword);

/// <summary>Machine output of <c>sign</c>.</summary>
internal sealed record SignResult(string Model, string Signature, string? Statements, string Signer, string Root, int Files, ImmutableArray<string> Reports);

/// <summary>Machine output of <c>verify</c> where it computes nothing.</summary>
internal sealed record VerifyResult(string Model, SignatureProof? Signature, DigestProof? Digest);

/// <summary>Generated at build time: these commands start in a fraction of a second.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(KeygenResult))]
[JsonSerializable(typeof(SignResult))]
[JsonSerializable(typeof(VerifyResult))]
internal sealed partial class EvidenceJson : JsonSerializerContext;
