using ModelGuard.Attestations.Dsse;
using ModelGuard.Attestations.Keys;
using ModelGuard.Attestations.Sigstore;

namespace ModelGuard.Attestations.Signing;

/// <summary>What was signed, as the signature covers it.</summary>
/// <param name="Payload">The signed bytes.</param>
/// <param name="Signer">Who signed, for a sentence.</param>
/// <param name="IsTrusted">Whether the signature is verified with a key that is trusted. Without that, anyone may have made it.</param>
public sealed record SignedPayload(ReadOnlyMemory<byte> Payload, string Signer, bool IsTrusted);

/// <summary>Verifies the signature of a bundle; what comes out are the bytes that were verified, and no other reading of the bundle.</summary>
public static class BundleVerifier
{
    /// <summary>Verifies the envelope's signature.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="trust">Whom to trust; with <see cref="NoTrust"/> the result is not trusted.</param>
    /// <param name="place">Where the bundle comes from, for messages.</param>
    /// <exception cref="AttestationException">MG2003 to MG2005 or MG2012: the signature does not hold, or is of a method that is not verified here.</exception>
    public static SignedPayload Verify(SigstoreBundle bundle, Trust trust, string place)
    {
        var envelope = bundle.Envelope;
        if (envelope.PayloadType != DsseEnvelope.InTotoPayload) throw AttestationException.Refuse("MG2006", $"'{place}' signs a payload of type '{envelope.PayloadType}' and no in-toto statement ('{DsseEnvelope.InTotoPayload}'). Have the model signed again.");
        return (bundle.Material, trust) switch
        {
            (KeylessMaterial, _) => throw AttestationException.Refuse("MG2004", $"'{place}' is signed by sigstore's keyless method, which needs its public log and is not verified here. Verify it with 'model_signing verify sigstore' or 'cosign verify-blob-attestation', or have the model signed with a key ('modelguard sign')."),
            (PublicKeyMaterial key, NoTrust) => Untrusted(envelope, key.Hint is { } hint ? $"the key with hint {hint}" : "a key that it does not name"),
            (CertificateMaterial chain, NoTrust) => Untrusted(envelope, CertificateChain.Describe(chain, place)),
            (PublicKeyMaterial key, TrustedKey trusted) => VerifyKey(envelope, key, trusted.Key, place),
            (CertificateMaterial chain, TrustedCertificates trusted) => VerifyChain(envelope, chain, trusted, place),
            (PublicKeyMaterial, _) => throw AttestationException.Refuse("MG2004", $"'{place}' is signed by the key method, but certificates were named to verify it. Name the signer's public key with --public-key."),
            _ => throw AttestationException.Refuse("MG2004", $"'{place}' is signed by the certificate method, but a public key was named to verify it. Name the root certificates that you trust with --certificate-chain."),
        };
    }

    private static SignedPayload VerifyKey(DsseEnvelope envelope, PublicKeyMaterial material, EcPublicKey key, string place)
    {
        // A hint is not authenticated, but the reference verifier refuses a wrong one too, and it tells best what happened.
        if (material.Hint is { } hint && hint != key.Hint) throw AttestationException.Refuse("MG2005", $"'{place}' names the key with hint {hint} as its signer; the trusted key has hint {key.Hint}. Someone else signed this, or the public key is not the signer's.");
        RequireSignature(envelope, key, place);
        return new SignedPayload(envelope.Payload.AsMemory(), $"the key with hint {key.Hint}", IsTrusted: true);
    }

    private static SignedPayload VerifyChain(DsseEnvelope envelope, CertificateMaterial chain, TrustedCertificates trusted, string place)
    {
        using var leaf = CertificateChain.Verify(chain, trusted, place);
        using var key = SigningCertificate.PublicKey(leaf);
        RequireSignature(envelope, key, place);
        return new SignedPayload(envelope.Payload.AsMemory(), $"the certificate of '{leaf.Subject}', issued by '{leaf.Issuer}'", IsTrusted: true);
    }

    private static void RequireSignature(DsseEnvelope envelope, EcPublicKey key, string place)
    {
        if (!key.Verifies(envelope.PreAuthenticationEncoding(), envelope.Signature.AsSpan())) throw AttestationException.Refuse("MG2003", $"The signature in '{place}' does not fit its statement and the trusted key: one of the three was changed or exchanged. Do not use the model; fetch model and signature again from their source.");
    }

    private static SignedPayload Untrusted(DsseEnvelope envelope, string signer) => new(envelope.Payload.AsMemory(), signer, IsTrusted: false);
}
