using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using ModelGuard.Attestations.Keys;
using ModelGuard.Attestations.Signing;
using ModelGuard.Attestations.Sigstore;

namespace ModelGuard.Attestations.Tests.Signing;

public sealed class CertificateMethodTests
{
    private static readonly byte[] Statement = [1, 2, 3];

    [Theory]
    [InlineData(X509KeyUsageFlags.DigitalSignature, false)]
    [InlineData(X509KeyUsageFlags.NonRepudiation, true)]
    public void What_a_certified_key_signs_verifies_with_the_root(X509KeyUsageFlags usage, bool codeSigning)
    {
        using var authority = new SomeAuthority(usage: usage, codeSigning: codeSigning);
        var bundle = Sign(authority, authority.Chain);

        var verified = BundleVerifier.Verify(bundle, new TrustedCertificates([authority.Root], SomeAuthority.Day), "model.sig");

        Assert.Equal(Statement, verified.Payload);
        Assert.Equal("the certificate of 'CN=signer', issued by 'CN=middle'", verified.Signer);
        Assert.True(verified.IsTrusted);
    }

    [Fact]
    public void A_chain_that_lacks_a_link_verifies_only_with_the_link()
    {
        using var authority = new SomeAuthority();
        var bundle = Sign(authority, [authority.Leaf]);

        Assert.True(BundleVerifier.Verify(bundle, new TrustedCertificates([authority.Root, authority.Middle], SomeAuthority.Day), "model.sig").IsTrusted);
        AssertRefused(bundle, new TrustedCertificates([authority.Root], SomeAuthority.Day), "The certificate of 'CN=signer' in 'model.sig' is not accepted: it leads to none of the trusted root certificates. Name the root, and what is missing between, with --certificate-chain.");
    }

    [Fact]
    public void Another_root_of_the_same_name_does_not_verify()
    {
        using var authority = new SomeAuthority();
        using var other = new SomeAuthority();
        var bundle = Sign(authority, [.. authority.Chain, authority.Root]);

        AssertRefused(bundle, new TrustedCertificates([other.Root], SomeAuthority.Day), null);
        AssertRefused(bundle, new TrustedCertificates([], SomeAuthority.Day), null);
    }

    [Fact]
    public void An_intermediate_certificate_alone_is_no_root()
    {
        using var authority = new SomeAuthority();

        AssertRefused(Sign(authority, authority.Chain), new TrustedCertificates([authority.Middle], SomeAuthority.Day), null);
    }

    [Theory]
    [InlineData(-366)]
    [InlineData(31)]
    public void A_certificate_verifies_within_its_time_alone(int days)
    {
        using var authority = new SomeAuthority(expires: SomeAuthority.Day.AddDays(30));
        var now = SomeAuthority.Day.AddDays(days);

        AssertRefused(Sign(authority, authority.Chain), new TrustedCertificates([authority.Root], now), $"The certificate of 'CN=signer' in 'model.sig' is not accepted: it, or one above it, is not valid on {now:yyyy-MM-dd} (its own time is 2025-06-15 to 2026-07-15). Have the model signed again with a valid one.");
    }

    [Fact]
    public void A_certificate_that_is_not_made_for_signing_is_refused_by_both_sides()
    {
        using var authority = new SomeAuthority(usage: X509KeyUsageFlags.KeyAgreement);
        using var key = EcPrivateKey.FromPem(authority.LeafKeyPem, null, "key.pem");

        var error = Assert.Throws<AttestationException>(() => new BundleSigner(key, authority.Chain));
        Assert.Equal(("MG2015", "The certificate of 'CN=signer' is not made for signing: it needs the key usage 'digital signature' or the extended one 'code signing'. Use another certificate."), (error.Code, error.Message));

        var bundle = new BundleSigner(key).Sign(Statement) with { Material = new CertificateMaterial([.. authority.Chain.Select(c => c.RawData.ToImmutableArray())]) };
        AssertRefused(bundle, new TrustedCertificates([authority.Root], SomeAuthority.Day), "The certificate of 'CN=signer' in 'model.sig' is not made for signing: it has neither the key usage 'digital signature' nor the extended one 'code signing'.");
    }

    [Fact]
    public void A_certificate_of_another_key_is_refused_when_signing_and_its_signature_does_not_verify()
    {
        using var authority = new SomeAuthority();
        using var key = EcPrivateKey.Create(SigningCurve.P384);

        var error = Assert.Throws<AttestationException>(() => new BundleSigner(key, authority.Chain));
        Assert.Equal(("MG2015", false), (error.Code, error.DoesNotHold));

        var bundle = new BundleSigner(key).Sign(Statement) with { Material = new CertificateMaterial([.. authority.Chain.Select(c => c.RawData.ToImmutableArray())]) };
        Assert.Equal("MG2003", Assert.Throws<AttestationException>(() => BundleVerifier.Verify(bundle, new TrustedCertificates([authority.Root], SomeAuthority.Day), "f")).Code);
    }

    [Fact]
    public void A_certificate_that_is_none_is_refused()
    {
        using var authority = new SomeAuthority();
        var bundle = Sign(authority, authority.Chain) with { Material = new CertificateMaterial([[1, 2, 3]]) };

        AssertRefused(bundle, new TrustedCertificates([authority.Root], SomeAuthority.Day), "'model.sig' holds a certificate that cannot be read. Have the model signed again.");
        AssertRefused(bundle, new NoTrust(), "'model.sig' holds a certificate that cannot be read. Have the model signed again.");
    }

    [Fact]
    public void Without_trust_the_signer_is_told_and_nothing_is_verified()
    {
        using var authority = new SomeAuthority();
        using var key = EcPrivateKey.Create(SigningCurve.P256);
        using var publicKey = key.PublicKey;

        var certified = BundleVerifier.Verify(Sign(authority, authority.Chain), new NoTrust(), "f");
        var keyed = BundleVerifier.Verify(new BundleSigner(key).Sign(Statement), new NoTrust(), "f");

        Assert.False(certified.IsTrusted || keyed.IsTrusted);
        Assert.StartsWith("a certificate of 'CN=signer' (SHA-256 ", certified.Signer, StringComparison.Ordinal);
        Assert.Equal($"the key with hint {publicKey.Hint}", keyed.Signer);
    }

    [Fact]
    public void A_text_without_certificates_is_refused() => Assert.Equal("MG2013", Assert.Throws<AttestationException>(() => CertificateChain.FromPem("nothing", "roots.pem")).Code);

    private static SigstoreBundle Sign(SomeAuthority authority, ImmutableArray<X509Certificate2> chain)
    {
        using var key = EcPrivateKey.FromPem(authority.LeafKeyPem, null, "key.pem");
        return new BundleSigner(key, chain).Sign(Statement);
    }

    private static void AssertRefused(SigstoreBundle bundle, Trust trust, string? message)
    {
        var error = Assert.Throws<AttestationException>(() => BundleVerifier.Verify(bundle, trust, "model.sig"));
        Assert.Equal(("MG2012", true), (error.Code, error.DoesNotHold));
        if (message is not null) Assert.Equal(message, error.Message);
    }
}
