using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ModelGuard.Attestations.Sigstore;

namespace ModelGuard.Attestations.Signing;

/// <summary>Certificates of the certificate method.</summary>
public static class CertificateChain
{
    /// <summary>Reads all certificates of a PEM text.</summary>
    /// <exception cref="AttestationException">MG2013: there are none, or one is damaged.</exception>
    public static ImmutableArray<X509Certificate2> FromPem(ReadOnlySpan<char> pem, string place)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new AttestationException("MG2013", $"'{place}' holds a damaged certificate. Fetch it again.", e);
        }

        return certificates.Count > 0 ? [.. certificates] : throw new AttestationException("MG2013", $"'{place}' holds no certificate in PEM form. Name a file that has 'BEGIN CERTIFICATE' in it.");
    }

    /// <summary>Who a chain says to belong to, for a sentence.</summary>
    internal static string Describe(CertificateMaterial chain, string place)
    {
        using var leaf = Load(chain.Certificates[0], place);
        return $"a certificate of '{leaf.Subject}' (SHA-256 {Convert.ToHexStringLower(SHA256.HashData(leaf.RawData))})";
    }

    /// <summary>The signer's certificate, if it leads to a trusted root, is valid now and is made for signing.</summary>
    internal static X509Certificate2 Verify(CertificateMaterial material, TrustedCertificates trusted, string place)
    {
        var leaf = Load(material.Certificates[0], place);
        try
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            // Evidence must be verifiable without a network, and revocation lists and missing issuers would come from one.
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true;
            chain.ChainPolicy.VerificationTime = trusted.Now.UtcDateTime;
            foreach (var certificate in trusted.Certificates) (IsSelfIssued(certificate) ? chain.ChainPolicy.CustomTrustStore : chain.ChainPolicy.ExtraStore).Add(certificate);
            foreach (var certificate in material.Certificates.Skip(1)) chain.ChainPolicy.ExtraStore.Add(Load(certificate, place));
            if (!chain.Build(leaf)) throw Refuse(leaf, chain, trusted.Now, place);
            if (!SigningCertificate.MaySign(leaf)) throw AttestationException.Refuse("MG2012", $"The certificate of '{leaf.Subject}' in '{place}' is not made for signing: it has neither the key usage 'digital signature' nor the extended one 'code signing'.");
            return leaf;
        }
        catch (CryptographicException e)
        {
            // A key on a curve that the system does not know.
            leaf.Dispose();
            throw AttestationException.Refuse("MG2012", $"'{place}' holds a certificate whose key cannot be read. Have the model signed again, with a certificate for a key on P-256, P-384 or P-521.", e);
        }
        catch
        {
            leaf.Dispose();
            throw;
        }
    }

    private static AttestationException Refuse(X509Certificate2 leaf, X509Chain chain, DateTimeOffset now, string place)
    {
        var all = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (flags, status) => flags | status.Status);
        var why = all switch
        {
            _ when all.HasFlag(X509ChainStatusFlags.NotTimeValid) => string.Create(CultureInfo.InvariantCulture, $"it, or one above it, is not valid on {now.UtcDateTime:yyyy-MM-dd} (its own time is {leaf.NotBefore.ToUniversalTime():yyyy-MM-dd} to {leaf.NotAfter.ToUniversalTime():yyyy-MM-dd}). Have the model signed again with a valid one"),
            _ when (all & (X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotSignatureValid)) != X509ChainStatusFlags.NoError => "it leads to none of the trusted root certificates. Name the root, and what is missing between, with --certificate-chain",
            _ => $"its chain does not hold ({all})",
        };
        return AttestationException.Refuse("MG2012", $"The certificate of '{leaf.Subject}' in '{place}' is not accepted: {why}.");
    }

    private static bool IsSelfIssued(X509Certificate2 certificate) => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    private static X509Certificate2 Load(ImmutableArray<byte> content, string place)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(content.AsSpan());
        }
        catch (CryptographicException e)
        {
            throw AttestationException.Refuse("MG2012", $"'{place}' holds a certificate that cannot be read. Have the model signed again.", e);
        }
    }
}
