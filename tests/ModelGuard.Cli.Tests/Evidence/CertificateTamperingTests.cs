using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ModelGuard.Attestations.Keys;

namespace ModelGuard.Cli.Tests.Evidence;

/// <summary>The certificate method through the commands, on every curve.</summary>
public sealed class CertificateTamperingTests
{
    public static TheoryData<SigningCurve> Curves => [.. Enum.GetValues<SigningCurve>()];

    [Theory]
    [MemberData(nameof(Curves))]
    public async Task A_model_signed_with_a_chain_verifies_with_its_root(SigningCurve curve)
    {
        var (exitCode, error) = await SignAndVerifyAsync(curve, a => a.Chain, a => [a.Root]);

        Assert.True(exitCode == 0, error);
        Assert.StartsWith("Signature: holds. Signed with the certificate of 'CN=signer', issued by 'CN=middle'; 5 file(s)", error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public async Task A_certificate_that_expired_is_refused(SigningCurve curve)
    {
        var (exitCode, error) = await SignAndVerifyAsync(curve, a => a.Chain, a => [a.Root], expires: SomeAuthority.Day.AddDays(-1));

        Assert.Equal(3, exitCode);
        Assert.Equal("modelguard: error MG2012: The certificate of 'CN=signer' in '{0}/model.sig' is not accepted: it, or one above it, is not valid on 2026-06-15 (its own time is 2025-06-15 to 2026-06-14). Have the model signed again with a valid one.", error);
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public async Task A_chain_that_lacks_a_link_or_a_root_is_refused(SigningCurve curve)
    {
        const string Refused = "modelguard: error MG2012: The certificate of 'CN=signer' in '{0}/model.sig' is not accepted: it leads to none of the trusted root certificates. Name the root, and what is missing between, with --certificate-chain.";

        Assert.Equal((3, Refused), await SignAndVerifyAsync(curve, a => [a.Leaf], a => [a.Root]));
        Assert.Equal((3, Refused), await SignAndVerifyAsync(curve, a => a.Chain, a => [a.Middle]));
        using var other = new SomeAuthority();
        Assert.Equal((3, Refused), await SignAndVerifyAsync(curve, a => [a.Leaf], a => [other.Root, a.Middle]));
        Assert.Equal(0, (await SignAndVerifyAsync(curve, a => [a.Leaf], a => [a.Root, a.Middle])).ExitCode);
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public async Task A_signature_by_certificate_is_not_verified_by_key(SigningCurve curve)
    {
        using var model = await SignedModel.CreateAsync(curve);
        using var authority = new SomeAuthority();
        await File.WriteAllTextAsync(model["root.pem"], authority.Root.ExportCertificatePem());

        var (exitCode, _, error) = await model.VerifyAsync("--certificate-chain", model["root.pem"]);

        Assert.Equal((3, $"modelguard: error MG2004: '{model.Signature}' is signed by the key method, but certificates were named to verify it. Name the signer's public key with --public-key.{Environment.NewLine}"), (exitCode, error));
    }

    private static async Task<(int ExitCode, string Error)> SignAndVerifyAsync(SigningCurve curve, Func<SomeAuthority, ImmutableArray<X509Certificate2>> signed, Func<SomeAuthority, ImmutableArray<X509Certificate2>> trusted, DateTimeOffset? expires = null)
    {
        using var authority = new SomeAuthority(expires, curve: curve switch { SigningCurve.P256 => ECCurve.NamedCurves.nistP256, SigningCurve.P384 => ECCurve.NamedCurves.nistP384, _ => ECCurve.NamedCurves.nistP521 });
        using var model = await SignedModel.CreateAsync(curve);
        await File.WriteAllTextAsync(model["leaf-key.pem"], authority.LeafKeyPem);
        await File.WriteAllTextAsync(model["leaf.pem"], authority.Leaf.ExportCertificatePem());
        await File.WriteAllTextAsync(model["chain.pem"], Pem(signed(authority).Skip(1)));
        await File.WriteAllTextAsync(model["trusted.pem"], Pem(trusted(authority)));
        string[] chain = signed(authority).Length > 1 ? ["--certificate-chain", model["chain.pem"]] : [];
        var sign = await InProcess.RunAsync(SomeAuthority.Day, ["sign", model.Model, "--private-key", model["leaf-key.pem"], "--signing-certificate", model["leaf.pem"], .. chain]);
        Assert.True(sign.ExitCode == 0, sign.Error);

        var (exitCode, _, error) = await model.VerifyAsync("--certificate-chain", model["trusted.pem"]);

        return (exitCode, error.Replace(model.Model, "{0}", StringComparison.Ordinal).TrimEnd());
    }

    private static string Pem(IEnumerable<X509Certificate2> certificates) => string.Join('\n', certificates.Select(c => c.ExportCertificatePem()));
}
