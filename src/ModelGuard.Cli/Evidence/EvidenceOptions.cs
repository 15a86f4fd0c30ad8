using System.Collections.Immutable;
using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using ModelGuard.Attestations;
using ModelGuard.Attestations.Keys;
using ModelGuard.Attestations.Signing;

namespace ModelGuard.Cli.Evidence;

/// <summary>Options of the commands that sign and verify.</summary>
internal sealed class EvidenceOptions
{
    public const string DefaultPasswordVariable = "MODELGUARD_KEY_PASSWORD";

    public Option<string> PrivateKey { get; } = new("--private-key") { Description = "The private key that signs: a PEM file, or the name of an environment variable in capitals.", Required = true };

    public Option<string?> PasswordVariable { get; } = new("--password-variable") { Description = $"The environment variable with the private key's password; {DefaultPasswordVariable} when left out." };

    public Option<string?> SigningCertificate { get; } = new("--signing-certificate") { Description = "The certificate of the private key, to sign by the certificate method; a PEM file or a variable." };

    public Option<string[]> CertificateChain { get; } = new("--certificate-chain") { Description = "Certificates from the signer's to a root; PEM files or variables. To verify: the roots that are trusted, and what is missing between.", AllowMultipleArgumentsPerToken = true };

    public Option<string?> PublicKey { get; } = new("--public-key") { Description = "The public key that is trusted: a PEM file, or the name of an environment variable in capitals." };

    public Option<string?> Signature { get; } = new("--signature") { Description = "The model's signature; 'model.sig' in its folder when left out." };

    public Option<string[]> IgnorePaths { get; } = new("--ignore-paths") { Description = "Files and folders of the model that are left out, relative to it.", AllowMultipleArgumentsPerToken = true };

    public Option<bool> IgnoreUnsigned { get; } = new("--ignore-unsigned-files") { Description = "Accept files that were not signed beside those that were." };

    /// <summary>Whether somebody is named who is trusted.</summary>
    public bool HasTrust(ParseResult parse) => parse.GetValue(PublicKey) is not null || parse.GetValue(CertificateChain) is { Length: > 0 };

    /// <summary>Whom the command line trusts.</summary>
    /// <exception cref="AttestationException">MG2013: a key or certificate cannot be read.</exception>
    public Trust Trust(ParseResult parse, TimeProvider clock)
    {
        if (parse.GetValue(PublicKey) is { } key) return new TrustedKey(EcPublicKey.FromPem(KeyText.Read(key), key));
        var chain = Certificates(parse.GetValue(CertificateChain) ?? []);
        return chain.IsEmpty ? new NoTrust() : new TrustedCertificates(chain, clock.GetUtcNow());
    }

    /// <summary>Where the signature of a model goes.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="model">The model's folder.</param>
    public string SignaturePath(ParseResult parse, string model) => Path.GetFullPath(parse.GetValue(Signature) ?? Path.Combine(model, Attestations.ModelSigning.IgnoredPaths.SignatureName));

    /// <summary>The check of a model's signature.</summary>
    public SignatureCheck SignatureCheck(ParseResult parse, HashedModel model, Trust trust) => new(model, trust)
    {
        Signature = parse.GetValue(Signature),
        IgnoredPaths = [.. parse.GetValue(IgnorePaths) ?? []],
        IgnoresUnsigned = parse.GetValue(IgnoreUnsigned),
    };

    /// <summary>Who signs. The key lives as long as the signer is used.</summary>
    /// <exception cref="AttestationException">MG2013 to MG2015: the key or its certificate cannot be used.</exception>
    public (EcPrivateKey Key, BundleSigner Signer) Signer(ParseResult parse)
    {
        var name = parse.GetRequiredValue(PrivateKey);
        var key = EcPrivateKey.FromPem(KeyText.Read(name), KeyText.Password(parse.GetValue(PasswordVariable)), name);
        if (parse.GetValue(SigningCertificate) is not { } certificate) return (key, new BundleSigner(key));
        return (key, new BundleSigner(key, [.. Certificates([certificate]), .. Certificates(parse.GetValue(CertificateChain) ?? [])]));
    }

    private static ImmutableArray<X509Certificate2> Certificates(IEnumerable<string> names) => [.. names.SelectMany(n => Attestations.Signing.CertificateChain.FromPem(KeyText.Read(n), n))];
}
