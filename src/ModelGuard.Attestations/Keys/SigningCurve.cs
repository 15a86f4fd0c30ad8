using System.Security.Cryptography;

namespace ModelGuard.Attestations.Keys;

/// <summary>The curves of OpenSSF model signing (v1.0 §8.1). Each comes with its hash.</summary>
public enum SigningCurve
{
    /// <summary>NIST P-256 with SHA-256.</summary>
    P256,

    /// <summary>NIST P-384 with SHA-384.</summary>
    P384,

    /// <summary>NIST P-521 with SHA-512.</summary>
    P521,
}

/// <summary>Facts about the curves.</summary>
internal static class SigningCurves
{
    /// <summary>The curve of a key, or null for any other; a curve with explicit parameters is another one.</summary>
    public static SigningCurve? Of(ECDsa key)
    {
        var curve = key.ExportParameters(includePrivateParameters: false).Curve;
        return curve.IsNamed ? Of(curve.Oid) : null;
    }

    public static ECCurve Parameters(this SigningCurve curve) => curve switch
    {
        SigningCurve.P256 => ECCurve.NamedCurves.nistP256,
        SigningCurve.P384 => ECCurve.NamedCurves.nistP384,
        _ => ECCurve.NamedCurves.nistP521,
    };

    public static HashAlgorithmName Hash(this SigningCurve curve) => curve switch
    {
        SigningCurve.P256 => HashAlgorithmName.SHA256,
        SigningCurve.P384 => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    };

    // Windows knows the friendly name alone.
    private static SigningCurve? Of(Oid oid) => (oid.Value, oid.FriendlyName) switch
    {
        ("1.2.840.10045.3.1.7", _) or (_, "nistP256") => SigningCurve.P256,
        ("1.3.132.0.34", _) or (_, "nistP384") => SigningCurve.P384,
        ("1.3.132.0.35", _) or (_, "nistP521") => SigningCurve.P521,
        _ => null,
    };
}
