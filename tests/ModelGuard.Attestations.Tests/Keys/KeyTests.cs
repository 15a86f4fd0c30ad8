using System.Security.Cryptography;
using System.Text;
using ModelGuard.Attestations.Keys;

namespace ModelGuard.Attestations.Tests.Keys;

public sealed class KeyTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData(SigningCurve.P256, "sha256")]
    [InlineData(SigningCurve.P384, "sha384")]
    [InlineData(SigningCurve.P521, "sha512")]
    public async Task OpenSSL_accepts_what_a_key_signs_with_the_hash_of_its_curve(SigningCurve curve, string hash)
    {
        Assert.SkipUnless(await HasOpenSslAsync(), "There is no openssl here to judge the signature.");
        using var key = EcPrivateKey.Create(curve);
        using var publicKey = key.PublicKey;
        var data = Encoding.UTF8.GetBytes("data");
        await File.WriteAllTextAsync(folder["key.pem"], publicKey.Pem);
        await File.WriteAllBytesAsync(folder["sig"], key.Sign(data));
        await File.WriteAllBytesAsync(folder["data"], data);

        var judged = await ChildProcess.RunAsync("openssl", ["dgst", $"-{hash}", "-verify", folder["key.pem"], "-signature", folder["sig"], folder["data"]]);

        Assert.True(judged.ExitCode == 0, judged.All);
    }

    [Theory]
    [InlineData(SigningCurve.P256)]
    [InlineData(SigningCurve.P384)]
    [InlineData(SigningCurve.P521)]
    public void A_key_is_read_from_every_form_that_it_is_written_in(SigningCurve curve)
    {
        using var key = EcPrivateKey.Create(curve);
        using var publicKey = key.PublicKey;
        using var other = ECDsa.Create();
        other.ImportFromPem(key.ToPem(null));
        foreach (var (pem, password) in new[] { (key.ToPem(null), (string?)null), (key.ToPem("pässword"), "pässword"), (other.ExportECPrivateKeyPem(), null), ("Some words.\n" + key.ToPem(null) + "More.", null) })
        {
            using var read = EcPrivateKey.FromPem(pem, password, "key.pem");
            using var half = EcPublicKey.FromPem(read.PublicKey.Pem, "key.pub.pem");

            Assert.Equal(publicKey.Hint, half.Hint);
            Assert.Equal(curve, half.Curve);
            Assert.True(half.Verifies([1, 2], read.Sign([1, 2])));
            Assert.False(half.Verifies([1, 3], read.Sign([1, 2])));
        }
    }

    [Fact]
    public async Task OpenSSL_opens_a_key_with_its_password()
    {
        Assert.SkipUnless(await HasOpenSslAsync(), "There is no openssl here to read the key.");
        using var key = EcPrivateKey.Create(SigningCurve.P256);
        using var publicKey = key.PublicKey;
        await File.WriteAllTextAsync(folder["key.pem"], key.ToPem("secret"));

        var read = await ChildProcess.RunAsync("openssl", ["pkey", "-in", folder["key.pem"], "-passin", "pass:secret", "-pubout"]);

        Assert.Equal(publicKey.Pem, read.Output);
    }

    [Fact]
    public void A_key_of_another_kind_is_refused()
    {
        using var rsa = RSA.Create(2048);
        using var curve = ECDsa.Create(ECCurve.NamedCurves.brainpoolP256r1);
        const string Expected = "The key in 'key.pem' is no elliptic-curve key on P-256, P-384 or P-521 with a named curve, which OpenSSF model signing takes. 'modelguard keygen' makes one.";

        foreach (var pem in new[] { rsa.ExportPkcs8PrivateKeyPem(), curve.ExportPkcs8PrivateKeyPem(), curve.ExportECPrivateKeyPem() }) AssertRefused("MG2013", Expected, () => EcPrivateKey.FromPem(pem, null, "key.pem"));
        foreach (var pem in new[] { rsa.ExportSubjectPublicKeyInfoPem(), curve.ExportSubjectPublicKeyInfoPem() }) AssertRefused("MG2013", Expected, () => EcPublicKey.FromPem(pem, "key.pem"));
    }

    [Fact]
    public void A_text_without_a_key_is_refused()
    {
        using var key = EcPrivateKey.Create(SigningCurve.P256);
        using var publicKey = key.PublicKey;

        AssertRefused("MG2013", "'f' holds no public key in PEM form. Name a file that has 'BEGIN PUBLIC KEY' in it.", () => EcPublicKey.FromPem("", "f"));
        AssertRefused("MG2013", "'f' holds a private key; to verify, only its public half is needed, and the private one should not lie about. Name the file with the public key.", () => EcPublicKey.FromPem(key.ToPem(null), "f"));
        Assert.StartsWith("'f' holds no private key in PEM form.", Assert.Throws<AttestationException>(() => EcPrivateKey.FromPem(publicKey.Pem, null, "f")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_that_is_missing_or_wrong_is_told_without_the_password()
    {
        using var key = EcPrivateKey.Create(SigningCurve.P256);
        var pem = key.ToPem("right-horse");

        AssertRefused("MG2014", "The private key in 'f' is protected by a password. Put the password into an environment variable and name that with --password-variable.", () => EcPrivateKey.FromPem(pem, null, "f"));
        AssertRefused("MG2014", "The password does not open the private key in 'f', or the key is damaged or no EC key. Look at the environment variable that --password-variable names.", () => EcPrivateKey.FromPem(pem, "wrong-horse", "f"));
    }

    [Fact]
    public void A_damaged_key_is_refused_without_a_part_of_it_in_the_exception()
    {
        using var key = EcPrivateKey.Create(SigningCurve.P256);
        var lines = key.ToPem(null).Split('\n');
        var secret = lines[1][20..40];

        foreach (var damaged in new[] { lines[1][..^8], lines[1].Replace(secret, new string('A', 20), StringComparison.Ordinal)[..32] })
        {
            var error = Assert.Throws<AttestationException>(() => EcPrivateKey.FromPem($"{lines[0]}\n{damaged}\n{lines[^2]}\n", null, "f"));
            Assert.DoesNotContain(secret, error.ToString(), StringComparison.Ordinal);
            Assert.Null(error.InnerException);
        }
    }

    [Fact]
    public void A_signature_in_another_form_than_DER_is_none()
    {
        using var key = EcPrivateKey.Create(SigningCurve.P256);
        using var publicKey = key.PublicKey;
        using var raw = ECDsa.Create();
        raw.ImportFromPem(key.ToPem(null));

        Assert.False(publicKey.Verifies([1], raw.SignData([1], HashAlgorithmName.SHA256)));
        Assert.False(publicKey.Verifies([1], raw.SignData([1], HashAlgorithmName.SHA384, DSASignatureFormat.Rfc3279DerSequence)));
        Assert.False(publicKey.Verifies([1], []));
    }

    public void Dispose() => folder.Dispose();

    private static void AssertRefused(string code, string message, Func<IDisposable> read)
    {
        var error = Assert.Throws<AttestationException>(read);
        Assert.Equal((code, message), (error.Code, error.Message));
        Assert.False(error.DoesNotHold);
    }

    private static async Task<bool> HasOpenSslAsync()
    {
        try
        {
            return (await ChildProcess.RunAsync("openssl", ["version"])).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
