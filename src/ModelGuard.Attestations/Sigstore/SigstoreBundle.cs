using System.Collections.Immutable;
using ModelGuard.Attestations.Dsse;

namespace ModelGuard.Attestations.Sigstore;

/// <summary>A sigstore bundle around an envelope (protobuf-specs <c>sigstore_bundle.proto</c>, JSON form).</summary>
/// <param name="Material">Who says to have signed. Nothing of it is trusted by itself.</param>
/// <param name="Envelope">The signed envelope.</param>
public sealed record SigstoreBundle(VerificationMaterial Material, DsseEnvelope Envelope)
{
    /// <summary>The form that is written, and the only one that the reference verifier of OpenSSF model signing reads.</summary>
    public const string MediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";
}

/// <summary>Who says to have signed a bundle.</summary>
public abstract record VerificationMaterial;

/// <summary>The key method: the signer is named by the digest of a public key.</summary>
/// <param name="Hint"><see cref="Keys.EcPublicKey.Hint"/>; null in older bundles.</param>
public sealed record PublicKeyMaterial(string? Hint) : VerificationMaterial;

/// <summary>The certificate method.</summary>
/// <param name="Certificates">DER, the signer's own first, then those that lead from it to a root.</param>
public sealed record CertificateMaterial(ImmutableArray<ImmutableArray<byte>> Certificates) : VerificationMaterial;

/// <summary>Sigstore's keyless method: a short-lived certificate and an entry in a public log. It is recognised and not verified here.</summary>
public sealed record KeylessMaterial : VerificationMaterial;
