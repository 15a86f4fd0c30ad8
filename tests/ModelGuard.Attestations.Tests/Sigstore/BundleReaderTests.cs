using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using ModelGuard.Attestations.Dsse;
using ModelGuard.Attestations.Keys;
using ModelGuard.Attestations.Signing;
using ModelGuard.Attestations.Sigstore;

namespace ModelGuard.Attestations.Tests.Sigstore;

public sealed class BundleReaderTests
{
    private const string Hint = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Fact]
    public void A_bundle_looks_like_this() => Snapshot.Verify(Json());

    [Fact]
    public void What_is_written_is_read_again()
    {
        var bundle = Read(Json());

        Assert.Equal(new PublicKeyMaterial(Hint), bundle.Material);
        Assert.Equal("{\"a\":\"ä?>\"}", Encoding.UTF8.GetString(bundle.Envelope.Payload.AsSpan()));
        Assert.Equal([1, 2, 250], bundle.Envelope.Signature);
    }

    [Fact]
    public void A_chain_of_certificates_is_read_again()
    {
        var bundle = new SigstoreBundle(new CertificateMaterial([[1, 2], [3]]), new DsseEnvelope("t", [1], [2]));

        var read = Assert.IsType<CertificateMaterial>(BundleReader.Read(BundleWriter.Write(bundle), "f").Material);

        Assert.Equal([[1, 2], [3]], read.Certificates);
    }

    [Theory]
    [InlineData("application/vnd.dev.sigstore.bundle+json;version=0.1")]
    [InlineData("application/vnd.dev.sigstore.bundle+json;version=0.2")]
    [InlineData("application/vnd.dev.sigstore.bundle+json;version=0.3")]
    public void Older_media_types_are_read(string type) => Assert.Equal(new PublicKeyMaterial(Hint), Read(Changed("mediaType", $"\"{type}\"")).Material);

    [Theory]
    [InlineData("verificationMaterial.publicKey", """{"rawBytes":"AA==","keyDetails":"PKIX_ECDSA_P384_SHA_256"}""", null)]
    [InlineData("verificationMaterial.publicKey", """{"hint":null}""", null)]
    [InlineData("verificationMaterial.tlogEntries", "null", Hint)]
    [InlineData("verificationMaterial.timestampVerificationData", "null", Hint)]
    [InlineData("dsseEnvelope.signatures.0.keyid", "null", Hint)]
    public void Older_forms_are_read(string path, string value, string? hint) => Assert.Equal(new PublicKeyMaterial(hint), Read(Changed(path, value)).Material);

    [Fact]
    public void Fields_that_may_be_absent_may_be()
    {
        var bundle = JsonNode.Parse(Json())!;
        bundle["verificationMaterial"]!.AsObject().Remove("tlogEntries");
        bundle["dsseEnvelope"]!["signatures"]![0]!.AsObject().Remove("keyid");

        Assert.Equal(new PublicKeyMaterial(Hint), Read(bundle.ToJsonString()).Material);
    }

    [Theory]
    [InlineData("""{"certificate":{"rawBytes":"AA=="},"tlogEntries":[{"logIndex":"1"}]}""")]
    [InlineData("""{"certificate":{"rawBytes":"AA=="},"tlogEntries":[]}""")]
    [InlineData("""{"x509CertificateChain":{"certificates":[{"rawBytes":"AA=="}]},"tlogEntries":[{"logIndex":"1"}]}""")]
    public void A_keyless_bundle_is_recognised_and_refused_with_what_to_use(string material)
    {
        var bundle = Read(Changed("verificationMaterial", material));

        Assert.IsType<KeylessMaterial>(bundle.Material);
        using var key = EcPrivateKey.Create(SigningCurve.P256);
        var envelope = bundle.Envelope with { PayloadType = DsseEnvelope.InTotoPayload };
        foreach (var trust in new Trust[] { new TrustedKey(key.PublicKey), new TrustedCertificates([], default), new NoTrust() })
        {
            var error = Assert.Throws<AttestationException>(() => BundleVerifier.Verify(bundle with { Envelope = envelope }, trust, "model.sig"));
            Assert.Equal("MG2004", error.Code);
            Assert.Equal("'model.sig' is signed by sigstore's keyless method, which needs its public log and is not verified here. Verify it with 'model_signing verify sigstore' or 'cosign verify-blob-attestation', or have the model signed with a key ('modelguard sign').", error.Message);
        }
    }

    [Fact]
    public void Base64_may_have_the_URL_safe_alphabet_and_no_padding()
    {
        var bundle = JsonNode.Parse(Json())!;
        var payload = bundle["dsseEnvelope"]!["payload"]!.GetValue<string>();
        Assert.Contains('/', payload);
        bundle["dsseEnvelope"]!["payload"] = payload.Replace('+', '-').Replace('/', '_').TrimEnd('=');

        Assert.Equal(Read(Json()).Envelope.Payload, Read(bundle.ToJsonString()).Envelope.Payload);
    }

    [Theory]
    [InlineData("more", "1", "'bundle' has the unknown field 'more'")]
    [InlineData("verificationMaterial.more", "1", "'bundle.verificationMaterial' has the unknown field 'more'")]
    [InlineData("verificationMaterial.publicKey.more", "1", "'bundle.verificationMaterial.publicKey' has the unknown field 'more'")]
    [InlineData("dsseEnvelope.more", "1", "'bundle.dsseEnvelope' has the unknown field 'more'")]
    [InlineData("dsseEnvelope.signatures.0.more", "1", "'bundle.dsseEnvelope.signatures[0]' has the unknown field 'more'")]
    [InlineData("mediaType", "\"application/json\"", "'bundle.mediaType' is 'application/json'")]
    [InlineData("mediaType", "3", "'bundle.mediaType' is no text")]
    [InlineData("messageSignature", "{}", "it signs bytes ('messageSignature') and no statement ('dsseEnvelope')")]
    [InlineData("verificationMaterial.certificate", "{}", "'bundle.verificationMaterial' must name the signer in exactly one way")]
    [InlineData("verificationMaterial", "{}", "'bundle.verificationMaterial' must name the signer in exactly one way")]
    [InlineData("verificationMaterial", """{"x509CertificateChain":{"certificates":[]}}""", "'bundle.verificationMaterial.x509CertificateChain.certificates' is empty")]
    [InlineData("dsseEnvelope.signatures", "[]", "'bundle.dsseEnvelope.signatures' holds 0 signatures and not one")]
    [InlineData("dsseEnvelope.signatures", """[{"sig":"AA=="},{"sig":"AA=="}]""", "'bundle.dsseEnvelope.signatures' holds 2 signatures and not one")]
    [InlineData("dsseEnvelope.signatures", "{}", "'bundle.dsseEnvelope.signatures' is no list")]
    [InlineData("dsseEnvelope.payload", "\"%\"", "'bundle.dsseEnvelope.payload' is no base64")]
    [InlineData("dsseEnvelope", "[]", "'bundle.dsseEnvelope' is no object")]
    [InlineData("dsseEnvelope", "{}", "'bundle.dsseEnvelope' lacks the field 'signatures'")]
    public void Any_other_form_is_refused_with_the_place(string path, string value, string expected)
    {
        var error = Assert.Throws<AttestationException>(() => Read(Changed(path, value)));

        Assert.Equal("MG2002", error.Code);
        Assert.True(error.DoesNotHold);
        Assert.Equal($"'model.sig' is no sigstore bundle of version 0.1 to 0.3 with one signed statement: {expected}. Copy the signature again, or have the model signed again.", error.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"mediaType":"a","mediaType":"b"}""")]
    public void A_text_that_is_no_JSON_or_says_a_thing_twice_is_refused(string text) =>
        Assert.Contains(": it is no valid JSON, or a field stands twice in it. ", Assert.Throws<AttestationException>(() => Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_damaged_bundle_is_read_or_refused_and_nothing_else()
    {
        var original = Encoding.UTF8.GetBytes(Json());
        Gen.Select(Gen.Int[0, original.Length - 1], Gen.Byte, Gen.Int[0, original.Length]).Sample((at, value, length) =>
        {
            var damaged = original.ToArray();
            damaged[at] = value;
            try
            {
                _ = BundleReader.Read(damaged.AsMemory(0, length), "f");
            }
            catch (AttestationException e)
            {
                Assert.Equal("MG2002", e.Code);
            }
        });
    }

    private static SigstoreBundle Read(string json) => BundleReader.Read(Encoding.UTF8.GetBytes(json), "model.sig");

    private static string Json() => Encoding.UTF8.GetString(BundleWriter.Write(new SigstoreBundle(new PublicKeyMaterial(Hint), new DsseEnvelope("application/x", [.. "{\"a\":\"ä?>\"}"u8], [1, 2, 250]))));

    private static string Changed(string path, string value) => JsonNode.Parse(Json())!.With(path, value).ToJsonString();
}
