using System.Security.Cryptography.X509Certificates;

namespace ModelGuard.Attestations.Signing;

/// <summary>What OpenSSF model signing demands of a signer's certificate (v1.0 §8.2).</summary>
internal static class SigningCertificate
{
    private const string CodeSigning = "1.3.6.1.5.5.7.3.3";

    /// <summary>The certificate's key.</summary>
    /// <exception cref="AttestationException">MG2013: no EC key on one of the three curves.</exception>
    public static Keys.EcPublicKey PublicKey(X509Certificate2 certificate) => Keys.EcPublicKey.FromSubjectPublicKeyInfo(certificate.PublicKey.ExportSubjectPublicKeyInfo(), certificate.Subject);

    /// <summary>Whether it has the key usage "digital signature" or the extended one "code signing", as the reference verifier asks.</summary>
    public static bool MaySign(X509Certificate2 certificate) => certificate.Extensions.Any(extension => extension switch
    {
        X509KeyUsageExtension usage => usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature),
        X509EnhancedKeyUsageExtension usage => usage.EnhancedKeyUsages.Cast<System.Security.Cryptography.Oid>().Any(o => o.Value == CodeSigning),
        _ => false,
    });
}
