using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using ModelGuard.Attestations.Dsse;
using ModelGuard.Attestations.Keys;
using ModelGuard.Attestations.Sigstore;

namespace ModelGuard.Attestations.Signing;

/// <summary>Signs statements with a key: by the key method, or by the certificate method where there is a chain.</summary>
public sealed class BundleSigner
{
    private readonly EcPrivateKey key;
    private readonly VerificationMaterial material;

    /// <summary>The key method.</summary>
    public BundleSigner(EcPrivateKey key)
    {
        this.key = key;
        using var publicKey = key.PublicKey;
        material = new PublicKeyMaterial(publicKey.Hint);
        Name = $"the key with hint {publicKey.Hint}";
    }

    /// <summary>The certificate method.</summary>
    /// <param name="key">The private key of the first certificate.</param>
    /// <param name="chain">The signer's certificate, then those that lead from it to a root.</param>
    /// <exception cref="AttestationException">MG2015: the certificate belongs to another key, or is not made for signing.</exception>
    public BundleSigner(EcPrivateKey key, ImmutableArray<X509Certificate2> chain)
    {
        this.key = key;
        var leaf = chain[0];
        using var publicKey = key.PublicKey;
        using var certified = SigningCertificate.PublicKey(leaf);
        if (publicKey.Hint != certified.Hint) throw new AttestationException("MG2015", $"The certificate of '{leaf.Subject}' belongs to another key than the private one. Name the certificate of this key first.");
        if (!SigningCertificate.MaySign(leaf)) throw new AttestationException("MG2015", $"The certificate of '{leaf.Subject}' is not made for signing: it needs the key usage 'digital signature' or the extended one 'code signing'. Use another certificate.");
        material = new CertificateMaterial([.. chain.Select(c => c.RawData.ToImmutableArray())]);
        Name = $"the certificate of '{leaf.Subject}'";
    }

    /// <summary>Who signs, for a sentence.</summary>
    public string Name { get; }

    /// <summary>Signs a statement's bytes as they are.</summary>
    public SigstoreBundle Sign(ReadOnlySpan<byte> statement)
    {
        var signature = key.Sign(DsseEnvelope.PreAuthenticationEncoding(DsseEnvelope.InTotoPayload, statement));
        return new SigstoreBundle(material, new DsseEnvelope(DsseEnvelope.InTotoPayload, [.. statement], [.. signature]));
    }
}
