using System.Collections.Immutable;
using ModelGuard.Attestations.Dsse;

namespace ModelGuard.Attestations.Sigstore;

/// <summary>
/// Reads bundles as strictly as the reference verifier does, which takes no unknown field; the older forms of its own bundles are read too
/// (OpenSSF model signing v1.0 §11.2).
/// </summary>
public static class BundleReader
{
    /// <summary>The largest bundle that is read; a model of 100,000 files has one of some 20 MB.</summary>
    public const int LargestBundle = 64 << 20;

    private static readonly string[] MediaTypes =
    [
        SigstoreBundle.MediaType,
        "application/vnd.dev.sigstore.bundle+json;version=0.3",
        "application/vnd.dev.sigstore.bundle+json;version=0.2",
        "application/vnd.dev.sigstore.bundle+json;version=0.1",
    ];

    /// <summary>Reads a bundle. Nothing of it is verified.</summary>
    /// <param name="utf8">The JSON text.</param>
    /// <param name="place">Where it comes from, for messages.</param>
    /// <exception cref="AttestationException">MG2002: it is none, or of a form that is not read.</exception>
    public static SigstoreBundle Read(ReadOnlyMemory<byte> utf8, string place)
    {
        try
        {
            using var document = JsonFields.Parse(utf8);
            var bundle = JsonFields.Of(document, "bundle");
            bundle.AllowOnly("mediaType", "verificationMaterial", "dsseEnvelope", "messageSignature");
            if (bundle.Text("mediaType") is var type && !MediaTypes.Contains(type, StringComparer.Ordinal)) throw new JsonShapeException($"'bundle.mediaType' is '{type}'");
            if (bundle.Has("messageSignature")) throw new JsonShapeException("it signs bytes ('messageSignature') and no statement ('dsseEnvelope')");
            return new SigstoreBundle(Material(bundle.Fields("verificationMaterial")), Envelope(bundle.Fields("dsseEnvelope")));
        }
        catch (JsonShapeException e)
        {
            throw AttestationException.Refuse("MG2002", $"'{place}' is no sigstore bundle of version 0.1 to 0.3 with one signed statement: {e.Message}. Copy the signature again, or have the model signed again.", e);
        }
    }

    private static VerificationMaterial Material(JsonFields material)
    {
        material.AllowOnly("publicKey", "x509CertificateChain", "certificate", "tlogEntries", "timestampVerificationData");
        var kinds = new[] { "publicKey", "x509CertificateChain", "certificate" }.Where(material.Has).ToArray();
        if (kinds is not [var kind]) throw new JsonShapeException("'bundle.verificationMaterial' must name the signer in exactly one way");
        var isLogged = material.Has("tlogEntries") && !material.List("tlogEntries").IsEmpty;
        if (kind == "publicKey") return Key(material.Fields(kind));
        if (kind == "certificate" || isLogged) return new KeylessMaterial();
        var chain = material.Fields(kind);
        chain.AllowOnly("certificates");
        var certificates = chain.List("certificates");
        if (certificates.IsEmpty) throw new JsonShapeException("'bundle.verificationMaterial.x509CertificateChain.certificates' is empty");
        return new CertificateMaterial([.. certificates.Select(Certificate)]);
    }

    private static PublicKeyMaterial Key(JsonFields key)
    {
        // Bundles before 1.0 carry the key itself, which proves as little as a hint.
        key.AllowOnly("hint", "rawBytes", "keyDetails", "validFor");
        return new PublicKeyMaterial(key.OptionalText("hint") is { Length: > 0 } hint ? hint : null);
    }

    private static ImmutableArray<byte> Certificate(JsonFields certificate)
    {
        certificate.AllowOnly("rawBytes");
        return certificate.Bytes("rawBytes");
    }

    private static DsseEnvelope Envelope(JsonFields envelope)
    {
        envelope.AllowOnly("payload", "payloadType", "signatures");
        var signatures = envelope.List("signatures");
        if (signatures is not [var signature]) throw new JsonShapeException(FormattableString.Invariant($"'bundle.dsseEnvelope.signatures' holds {signatures.Length} signatures and not one"));
        // A key id is not authenticated and decides nothing (DSSE §5.1).
        signature.AllowOnly("sig", "keyid");
        return new DsseEnvelope(envelope.Text("payloadType"), envelope.Bytes("payload"), signature.Bytes("sig"));
    }
}
