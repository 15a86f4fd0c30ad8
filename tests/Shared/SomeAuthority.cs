using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ModelGuard.Testing;

/// <summary>A root, an intermediate and a signer's certificate, made for one test.</summary>
internal sealed class SomeAuthority : IDisposable
{
    private readonly ECDsa rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa leafKey;

    public SomeAuthority(DateTimeOffset? expires = null, X509KeyUsageFlags usage = X509KeyUsageFlags.DigitalSignature, bool codeSigning = false, ECCurve? curve = null)
    {
        leafKey = ECDsa.Create(curve ?? ECCurve.NamedCurves.nistP384);
        var root = Request("CN=root", rootKey, isAuthority: true);
        Root = root.CreateSelfSigned(Day.AddYears(-5), Day.AddYears(5));
        Middle = Issue(Request("CN=middle", middleKey, isAuthority: true), Root, rootKey, Day.AddYears(5));
        var leaf = Request("CN=signer", leafKey, isAuthority: false);
        leaf.CertificateExtensions.Add(new X509KeyUsageExtension(usage, critical: true));
        if (codeSigning) leaf.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.3")], critical: false));
        Leaf = Issue(leaf, Middle, middleKey, expires ?? Day.AddYears(2));
    }

    public static DateTimeOffset Day { get; } = new(2026, 6, 15, 0, 0, 0, TimeSpan.Zero);

    public X509Certificate2 Root { get; }

    public X509Certificate2 Middle { get; }

    public X509Certificate2 Leaf { get; }

    public ImmutableArray<X509Certificate2> Chain => [Leaf, Middle];

    public string LeafKeyPem => leafKey.ExportPkcs8PrivateKeyPem();

    public void Dispose()
    {
        foreach (var certificate in new[] { Root, Middle, Leaf }) certificate.Dispose();
        foreach (var key in new[] { rootKey, middleKey, leafKey }) key.Dispose();
    }

    private static CertificateRequest Request(string name, ECDsa key, bool isAuthority)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, hasPathLengthConstraint: false, 0, critical: true));
        if (isAuthority) request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        return request;
    }

    private static X509Certificate2 Issue(CertificateRequest request, X509Certificate2 issuer, ECDsa issuerKey, DateTimeOffset expires) =>
        request.Create(issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuerKey), Day.AddYears(-1), expires, [1, 2, 3]);
}
