using System.Text;
using System.Text.Json.Nodes;
using ModelGuard.Attestations.ModelSigning;
using ModelGuard.Attestations.Signing;

namespace ModelGuard.Attestations.Tests.ModelSigning;

/// <summary>The published signatures verify, and their tampered twins do not.</summary>
public sealed class PublishedSignatureTests : IDisposable
{
    private TemporaryFolder? twin;

    [Theory]
    [InlineData(Published.KeyVector)]
    [InlineData(Published.CertificateVector)]
    public void A_published_signature_verifies_and_covers_every_file(string vector)
    {
        var differences = Published.Compare(Published.Path(vector), TrustFor(vector));

        AssertSame(differences);
    }

    [Fact]
    public void The_bundle_of_the_specification_signs_the_files_of_the_key_vector()
    {
        var bundle = Published.Bundle(Published.Path("spec-v1.0-key.bundle.json"));
        using var key = Published.Key().Key;

        var verified = BundleVerifier.Verify(bundle, new TrustedKey(key), "spec");
        var manifest = ModelStatement.Read(verified.Payload, "spec");

        Assert.Equal("92745110b1ab4368471cbe31664e10174e954b113a3df333db860317b2c6dec4", manifest.Root);
        AssertSame(ModelDifferences.Between(manifest, Published.Files(Published.Path(Published.KeyVector), IgnoredPaths.OfVerifier(manifest, ["model.sig"]))));
    }

    [Fact]
    public void The_intermediate_certificate_may_come_with_the_bundle_or_from_the_one_who_verifies()
    {
        var model = Published.Path(Published.CertificateVector);

        AssertSame(Published.Compare(model, Published.Roots("ca-cert.pem", "int-ca-cert.pem")));
        AssertSame(Published.Compare(model, Published.Roots("ca-cert.pem")));
        Assert.Equal("MG2012", Assert.Throws<AttestationException>(() => Published.Compare(model, Published.Roots("int-ca-cert.pem"))).Code);
    }

    [Theory]
    [InlineData(Published.KeyVector, "signme-1", "Signme-1\n")]
    [InlineData(Published.KeyVector, "signme-2", "")]
    [InlineData(Published.CertificateVector, "signme-1", "signme-1\n")]
    [InlineData(Published.CertificateVector, "signme-2", "signme-2 ")]
    public void A_twin_with_another_content_does_not(string vector, string file, string content)
    {
        var model = Twin(vector);
        File.WriteAllText(model[file], content);

        Assert.Equal([file], Published.Compare(model.Path, TrustFor(vector)).Changed);
    }

    [Theory]
    [InlineData(Published.KeyVector)]
    [InlineData(Published.CertificateVector)]
    public void A_twin_with_a_file_more_less_or_under_another_name_does_not(string vector)
    {
        var model = Twin(vector);
        File.Move(model["signme-1"], model["Signme-1"]);

        var differences = Published.Compare(model.Path, TrustFor(vector));

        Assert.Equal(["signme-1"], differences.Missing);
        Assert.Equal(["Signme-1"], differences.Unsigned);
        Assert.Empty(differences.Changed);
    }

    [Theory]
    [InlineData(Published.KeyVector)]
    [InlineData(Published.CertificateVector)]
    public void A_twin_with_any_other_statement_or_signature_does_not(string vector)
    {
        var trust = TrustFor(vector);
        var original = JsonNode.Parse(File.ReadAllText(Published.Path(vector, "model.sig")))!;
        var statement = Convert.FromBase64String(original["dsseEnvelope"]!["payload"]!.GetValue<string>());
        var signature = Convert.FromBase64String(original["dsseEnvelope"]!["signatures"]![0]!["sig"]!.GetValue<string>());

        for (var i = 0; i < statement.Length; i += 7) Assert.Equal("MG2003", Code(Flip(statement, i), signature));
        for (var i = 0; i < signature.Length; i++) Assert.Equal("MG2003", Code(statement, Flip(signature, i)));
        Assert.Equal("MG2003", Code(Encoding.UTF8.GetBytes(JsonNode.Parse(statement)!.ToJsonString()), signature));

        string Code(byte[] payload, byte[] sig)
        {
            var bundle = original.DeepClone();
            bundle["dsseEnvelope"]!["payload"] = Convert.ToBase64String(payload);
            bundle["dsseEnvelope"]!["signatures"]![0]!["sig"] = Convert.ToBase64String(sig);
            return Assert.Throws<AttestationException>(() => BundleVerifier.Verify(Attestations.Sigstore.BundleReader.Read(Encoding.UTF8.GetBytes(bundle.ToJsonString()), "twin"), trust, "twin")).Code;
        }
    }

    [Fact]
    public void A_vector_is_not_verified_by_the_other_method()
    {
        var byKey = Assert.Throws<AttestationException>(() => Published.Compare(Published.Path(Published.CertificateVector), Published.Key()));
        var byCertificate = Assert.Throws<AttestationException>(() => Published.Compare(Published.Path(Published.KeyVector), Published.Roots("ca-cert.pem")));

        Assert.Equal(("MG2004", "MG2004"), (byKey.Code, byCertificate.Code));
        Assert.True(byKey.DoesNotHold && byCertificate.DoesNotHold);
    }

    [Fact]
    public void The_published_hint_is_the_digest_of_the_keys_text_with_its_final_newline()
    {
        using var key = Published.Key().Key;

        Assert.Equal("e8450dec4eb99dae995da9af1bc2cc9f76ed669ee2e744f57abba763df3e3f8e", key.Hint);
    }

    public void Dispose() => twin?.Dispose();

    private static Trust TrustFor(string vector) => vector == Published.KeyVector ? Published.Key() : Published.Roots("ca-cert.pem");

    private static byte[] Flip(byte[] bytes, int at)
    {
        var copy = bytes.ToArray();
        copy[at] ^= 1;
        return copy;
    }

    private static void AssertSame(ModelDifferences differences)
    {
        Assert.Empty(differences.Changed);
        Assert.Empty(differences.Missing);
        Assert.Empty(differences.Unsigned);
    }

    private TemporaryFolder Twin(string vector)
    {
        twin = TemporaryFolder.CopyOf(Published.Path(vector));
        foreach (var file in Directory.EnumerateFiles(twin.Path)) File.SetAttributes(file, FileAttributes.Normal);
        return twin;
    }
}
