using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using ModelGuard.Attestations.Keys;

namespace ModelGuard.Attestations.Signing;

/// <summary>Whom the one who verifies trusts.</summary>
public abstract record Trust;

/// <summary>The holder of a key.</summary>
/// <param name="Key">Its public half.</param>
public sealed record TrustedKey(EcPublicKey Key) : Trust;

/// <summary>Whoever has a certificate below one of some roots.</summary>
/// <param name="Certificates">Roots, which are trusted, and others, which may lead to one.</param>
/// <param name="Now">The time at which the certificates must be valid.</param>
public sealed record TrustedCertificates(ImmutableArray<X509Certificate2> Certificates, DateTimeOffset Now) : Trust;

/// <summary>Nobody: what is looked at so is never verified.</summary>
public sealed record NoTrust : Trust;
