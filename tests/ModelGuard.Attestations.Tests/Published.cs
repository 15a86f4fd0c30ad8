using System.Collections.Immutable;
using ModelGuard.Attestations.Keys;
using ModelGuard.Attestations.ModelSigning;
using ModelGuard.Attestations.Signing;
using ModelGuard.Attestations.Sigstore;
using ModelGuard.Checkpoints;

namespace ModelGuard.Attestations.Tests;

/// <summary>Signatures that the reference implementation made, from <c>shared/oms</c> beside the repository.</summary>
internal static class Published
{
    public const string KeyVector = "v1.1.0-elliptic-key";
    public const string CertificateVector = "v1.1.0-certificate";

    /// <summary>A day on which the published certificates, 2025 to 2035, are valid.</summary>
    public static DateTimeOffset Day { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A file or folder of the published data; the test is skipped where it is absent.</summary>
    public static string Path(params string[] parts)
    {
        var path = System.IO.Path.Combine([RepositoryPaths.Shared, "oms", .. parts]);
        Assert.SkipUnless(System.IO.Path.Exists(path), "The published signatures are not in shared/oms beside the repository.");
        return path;
    }

    public static TrustedKey Key() => new(EcPublicKey.FromPem(File.ReadAllText(Path("keys", "certificate", "signing-key-pub.pem")), "signing-key-pub.pem"));

    public static TrustedCertificates Roots(params string[] names) =>
        new([.. names.SelectMany(n => CertificateChain.FromPem(File.ReadAllText(Path("keys", "certificate", n)), n))], Day);

    public static SigstoreBundle Bundle(string path) => BundleReader.Read(File.ReadAllBytes(path), path);

    /// <summary>What a verifier does, from the signature to the files.</summary>
    public static ModelDifferences Compare(string model, Trust trust)
    {
        var signature = System.IO.Path.Combine(model, "model.sig");
        var verified = BundleVerifier.Verify(Bundle(signature), trust, signature);
        Assert.True(verified.IsTrusted);
        var manifest = ModelStatement.Read(verified.Payload, signature);
        var ignored = IgnoredPaths.OfVerifier(manifest, [IgnoredPaths.SignatureName]);
        return ModelDifferences.Between(manifest, Files(model, ignored));
    }

    public static ImmutableArray<SignedFile> Files(string model, IgnoredPaths ignored) =>
        [.. Digests.Files(ModelFiles.Of(model, LinkRule.Refuse, ignored.Covers), DigestCache.None).Select(f => new SignedFile(f.Name, [.. f.Resources.Select(r => new SignedResource(r.Name, r.Sha256))]))];
}
