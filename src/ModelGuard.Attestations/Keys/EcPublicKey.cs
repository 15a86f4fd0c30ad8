using System.Security.Cryptography;
using System.Text;

namespace ModelGuard.Attestations.Keys;

/// <summary>The public half of an EC key on one of the three curves.</summary>
public sealed class EcPublicKey : IDisposable
{
    private readonly ECDsa key;

    private EcPublicKey(ECDsa key, SigningCurve curve)
    {
        this.key = key;
        Curve = curve;
    }

    /// <summary>The curve.</summary>
    public SigningCurve Curve { get; }

    /// <summary>
    /// Lower-case hex of the SHA-256 of <see cref="Pem"/>, final newline included: what the reference verifier compares a bundle's
    /// <c>publicKey.hint</c> with. It tells keys apart and proves nothing.
    /// </summary>
    public string Hint => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(Pem)));

    /// <summary>SubjectPublicKeyInfo as PEM in lines of 64, with a final newline.</summary>
    public string Pem => key.ExportSubjectPublicKeyInfoPem() + "\n";

    /// <summary>Reads a PEM text.</summary>
    /// <param name="pem">The text; what surrounds the block is passed over.</param>
    /// <param name="place">Where it comes from, for messages.</param>
    /// <exception cref="AttestationException">MG2013: no public key, or one that the method does not allow.</exception>
    public static EcPublicKey FromPem(ReadOnlySpan<char> pem, string place)
    {
        if (PemBlocks.First(pem, "PUBLIC KEY") is var (_, content)) return FromSubjectPublicKeyInfo(content, place);
        if (PemBlocks.First(pem, "CERTIFICATE") is not null) throw new AttestationException("MG2013", $"'{place}' holds a certificate, not a public key. Name the certificates that you trust with --certificate-chain.");
        if (PemBlocks.First(pem, "PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY") is var (_, secret))
        {
            CryptographicOperations.ZeroMemory(secret);
            throw new AttestationException("MG2013", $"'{place}' holds a private key; to verify, only its public half is needed, and the private one should not lie about. Name the file with the public key.");
        }

        throw new AttestationException("MG2013", $"'{place}' holds no public key in PEM form. Name a file that has 'BEGIN PUBLIC KEY' in it.");
    }

    /// <summary>Reads a SubjectPublicKeyInfo.</summary>
    /// <exception cref="AttestationException">MG2013: no EC key on one of the three curves.</exception>
    public static EcPublicKey FromSubjectPublicKeyInfo(ReadOnlySpan<byte> content, string place)
    {
        var imported = ECDsa.Create();
        try
        {
            imported.ImportSubjectPublicKeyInfo(content, out _);
            if (SigningCurves.Of(imported) is { } curve) return new EcPublicKey(imported, curve);
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            // RSA, a curve that the system does not know, and the like; told below.
        }

        imported.Dispose();
        throw Unsupported(place);
    }

    /// <summary>Whether a DER-encoded ECDSA signature over the data is this key's, with the hash that belongs to its curve.</summary>
    public bool Verifies(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        try
        {
            return key.VerifyData(data, signature, Curve.Hash(), DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            // No DER at all.
            return false;
        }
    }

    /// <inheritdoc />
    public void Dispose() => key.Dispose();

    internal static AttestationException Unsupported(string place) =>
        new("MG2013", $"The key in '{place}' is no elliptic-curve key on P-256, P-384 or P-521 with a named curve, which OpenSSF model signing takes. 'modelguard keygen' makes one.");
}
