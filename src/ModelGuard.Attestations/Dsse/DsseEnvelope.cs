using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace ModelGuard.Attestations.Dsse;

/// <summary>A signed envelope (DSSE v1.0.2). It holds one signature, as a sigstore bundle demands.</summary>
/// <param name="PayloadType">What the payload is, for example <see cref="InTotoPayload"/>.</param>
/// <param name="Payload">The signed bytes. Nothing is ever made of them but from these bytes.</param>
/// <param name="Signature">The signature's bytes.</param>
public sealed record DsseEnvelope(string PayloadType, ImmutableArray<byte> Payload, ImmutableArray<byte> Signature)
{
    /// <summary>The type of in-toto statements.</summary>
    public const string InTotoPayload = "application/vnd.in-toto+json";

    /// <summary>What is signed: <c>DSSEv1 SP len(type) SP type SP len(body) SP body</c>, lengths in bytes (DSSE <c>protocol.md</c>).</summary>
    public static byte[] PreAuthenticationEncoding(string payloadType, ReadOnlySpan<byte> payload)
    {
        var header = string.Create(CultureInfo.InvariantCulture, $"DSSEv1 {Encoding.UTF8.GetByteCount(payloadType)} {payloadType} {payload.Length} ");
        return [.. Encoding.UTF8.GetBytes(header), .. payload];
    }

    /// <summary>What this envelope's signature is over.</summary>
    public byte[] PreAuthenticationEncoding() => PreAuthenticationEncoding(PayloadType, Payload.AsSpan());
}
