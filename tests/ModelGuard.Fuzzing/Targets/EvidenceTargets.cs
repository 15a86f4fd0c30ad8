using System.Text;
using ModelGuard.Attestations;
using ModelGuard.Attestations.InToto;
using ModelGuard.Attestations.Keys;
using ModelGuard.Attestations.ModelSigning;
using ModelGuard.Attestations.Signing;
using ModelGuard.Attestations.Sigstore;

namespace ModelGuard.Fuzzing.Targets;

/// <summary>Signatures, what they sign, and keys.</summary>
internal static class EvidenceTargets
{
    // Made for this and used for nothing else.
    private const string PublicKey = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEdOjDT+p2bU+Agid87LTUdd8NVyNy
        9/J4xC5aQirqF+4lBz5/AssqL2jK6BbkbsuznqbDJnNTLd4mwbWuBfO90w==
        -----END PUBLIC KEY-----
        """;

    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly string[] BundleWords =
    [
        "mediaType", "application/vnd.dev.sigstore.bundle.v0.3+json", "verificationMaterial", "publicKey", "hint", "rawBytes", "x509CertificateChain", "certificates", "certificate", "tlogEntries", "dsseEnvelope", "payload", "payloadType", "application/vnd.in-toto+json", "signatures", "sig", "keyid", "messageSignature",
    ];

    private static readonly string[] StatementWords =
    [
        "_type", "https://in-toto.io/Statement/v1", "subject", "name", "digest", "sha256", "predicateType", "https://model_signing/signature/v1.0", "predicate", "serialization", "method", "files", "shards", "shard_size", "sha256-sharded-8", "a:0:8", "a:8:9", "hash_type", "ignore_paths", "resources", "algorithm", "..", "a/../b",
    ];

    private static readonly string[] KeyWords = ["-----BEGIN PUBLIC KEY-----\n", "-----END PUBLIC KEY-----\n", "-----BEGIN PRIVATE KEY-----\n", "-----END PRIVATE KEY-----\n", "-----BEGIN EC PRIVATE KEY-----\n", "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n", "=", "MFkw", "AAAA"];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("bundle", (input, _) => Verify(input)) { Words = BundleWords },
        new("statement", (input, _) => ReadStatement(input)) { Words = StatementWords },
        new("key", (input, _) => ReadKey(input)) { Words = KeyWords },
    ];

    private static string Verify(ReadOnlyMemory<byte> input)
    {
        var bundle = BundleReader.Read(input, "model.sig");
        _ = BundleVerifier.Verify(bundle, new NoTrust(), "model.sig");
        using var key = EcPublicKey.FromPem(PublicKey, "key.pub.pem");
        return $"{Try(new TrustedKey(key))} {Try(new TrustedCertificates([], Now))}";

        string Try(Trust trust)
        {
            try
            {
                return BundleVerifier.Verify(bundle, trust, "model.sig").IsTrusted ? "trusted" : "unknown";
            }
            catch (AttestationException e)
            {
                return e.Code;
            }
        }
    }

    private static string ReadStatement(ReadOnlyMemory<byte> input)
    {
        _ = Statement.Read(input, "model.sig");
        return ModelStatement.Read(input, "model.sig") is var manifest && manifest.ShardSize is not null ? "shards" : manifest.Resources.Length > 1 ? "files" : "file";
    }

    private static string ReadKey(ReadOnlyMemory<byte> input)
    {
        var pem = Encoding.UTF8.GetString(input.Span);
        return $"{Try(() => EcPublicKey.FromPem(pem, "key"))} {Try(() => EcPrivateKey.FromPem(pem, "password", "key"))} {Try(Certificates)}";

        IDisposable? Certificates()
        {
            foreach (var certificate in CertificateChain.FromPem(pem, "key")) certificate.Dispose();
            return null;
        }

        static string Try(Func<IDisposable?> read)
        {
            try
            {
                read()?.Dispose();
                return "read";
            }
            catch (AttestationException e)
            {
                return e.Code;
            }
        }
    }
}
