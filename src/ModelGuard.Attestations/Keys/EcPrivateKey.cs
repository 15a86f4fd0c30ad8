using System.Security.Cryptography;

namespace ModelGuard.Attestations.Keys;

/// <summary>An EC key that signs. No message, exception or text of this type ever holds a part of it.</summary>
public sealed class EcPrivateKey : IDisposable
{
    private const int Pbkdf2Iterations = 600_000;
    private readonly ECDsa key;

    private EcPrivateKey(ECDsa key, SigningCurve curve)
    {
        this.key = key;
        Curve = curve;
    }

    /// <summary>The curve.</summary>
    public SigningCurve Curve { get; }

    /// <summary>A new key.</summary>
    public static EcPrivateKey Create(SigningCurve curve) => new(ECDsa.Create(curve.Parameters()), curve);

    /// <summary>Reads a PEM text: PKCS#8, PKCS#8 with a password, or SEC1.</summary>
    /// <param name="pem">The text.</param>
    /// <param name="password">The password; null for none.</param>
    /// <param name="place">Where it comes from, for messages.</param>
    /// <exception cref="AttestationException">MG2013: no private key, or one that the method does not allow; MG2014: a password is missing or wrong.</exception>
    public static EcPrivateKey FromPem(ReadOnlySpan<char> pem, string? password, string place)
    {
        if (PemBlocks.First(pem, "PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY") is not var (label, content))
        {
            throw new AttestationException("MG2013", $"'{place}' holds no private key in PEM form. Name a file that has 'BEGIN PRIVATE KEY', 'BEGIN ENCRYPTED PRIVATE KEY' or 'BEGIN EC PRIVATE KEY' in it; 'openssl pkcs8 -topk8' turns older encrypted forms into the second.");
        }

        var imported = ECDsa.Create();
        try
        {
            Import(imported, label, content, password, place);
            if (SigningCurves.Of(imported) is { } curve) return new EcPrivateKey(imported, curve);
        }
        catch (Exception e) when (e is PlatformNotSupportedException || (e is CryptographicException && label != "ENCRYPTED PRIVATE KEY"))
        {
            // RSA, a curve that the system does not know, and the like; told below. The inner message is left out, as it may tell of the key.
        }
        catch (AttestationException)
        {
            imported.Dispose();
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }

        imported.Dispose();
        throw EcPublicKey.Unsupported(place);
    }

    /// <summary>The public half.</summary>
    public EcPublicKey PublicKey => EcPublicKey.FromSubjectPublicKeyInfo(key.ExportSubjectPublicKeyInfo(), "the public half");

    /// <summary>PKCS#8 as PEM with a final newline; with a password, encrypted by AES-256-CBC under PBKDF2 (PBES2, RFC 8018).</summary>
    public string ToPem(string? password)
    {
        if (password is null) return key.ExportPkcs8PrivateKeyPem() + "\n";
        return key.ExportEncryptedPkcs8PrivateKeyPem(password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, Pbkdf2Iterations)) + "\n";
    }

    /// <summary>A DER-encoded ECDSA signature with the hash that belongs to the curve.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data) => key.SignData(data, Curve.Hash(), DSASignatureFormat.Rfc3279DerSequence);

    /// <inheritdoc />
    public void Dispose() => key.Dispose();

    private static void Import(ECDsa key, string label, ReadOnlySpan<byte> content, string? password, string place)
    {
        switch (label)
        {
            case "PRIVATE KEY":
                key.ImportPkcs8PrivateKey(content, out _);
                break;
            case "EC PRIVATE KEY":
                key.ImportECPrivateKey(content, out _);
                break;
            case var _ when password is null:
                throw new AttestationException("MG2014", $"The private key in '{place}' is protected by a password. Put the password into an environment variable and name that with --password-variable.");
            default:
                try
                {
                    key.ImportEncryptedPkcs8PrivateKey(password, content, out _);
                }
                catch (CryptographicException)
                {
                    throw new AttestationException("MG2014", $"The password does not open the private key in '{place}', or the key is damaged or no EC key. Look at the environment variable that --password-variable names.");
                }

                break;
        }
    }
}
