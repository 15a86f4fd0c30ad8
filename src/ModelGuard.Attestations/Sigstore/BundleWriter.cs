using System.Text.Encodings.Web;
using System.Text.Json;

namespace ModelGuard.Attestations.Sigstore;

/// <summary>Writes bundles with exactly the fields that the reference verifier of OpenSSF model signing takes.</summary>
public static class BundleWriter
{
    // Base64 has a plus sign, which the default encoder would escape.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The bundle as JSON on one line, without a line's end, so that several make a <c>.jsonl</c>.</summary>
    /// <exception cref="ArgumentException">A keyless bundle, which is never made here.</exception>
    public static byte[] Write(SigstoreBundle bundle)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Options))
        {
            json.WriteStartObject();
            json.WriteString("mediaType", SigstoreBundle.MediaType);
            json.WriteStartObject("verificationMaterial");
            WriteMaterial(json, bundle.Material);
            json.WriteStartArray("tlogEntries");
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartObject("dsseEnvelope");
            json.WriteBase64String("payload", bundle.Envelope.Payload.AsSpan());
            json.WriteString("payloadType", bundle.Envelope.PayloadType);
            json.WriteStartArray("signatures");
            json.WriteStartObject();
            json.WriteBase64String("sig", bundle.Envelope.Signature.AsSpan());
            json.WriteString("keyid", "");
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteMaterial(Utf8JsonWriter json, VerificationMaterial material)
    {
        switch (material)
        {
            case PublicKeyMaterial key:
                json.WriteStartObject("publicKey");
                json.WriteString("hint", key.Hint);
                json.WriteEndObject();
                break;
            case CertificateMaterial chain:
                json.WriteStartObject("x509CertificateChain");
                json.WriteStartArray("certificates");
                foreach (var certificate in chain.Certificates)
                {
                    json.WriteStartObject();
                    json.WriteBase64String("rawBytes", certificate.AsSpan());
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
                break;
            default:
                throw new ArgumentException($"A bundle with {material.GetType().Name} is not written.", nameof(material));
        }
    }
}
