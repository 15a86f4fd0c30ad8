using System.Text;
using ModelGuard.Attestations.Dsse;

namespace ModelGuard.Attestations.Tests.Dsse;

public sealed class DsseEnvelopeTests
{
    [Theory]
    // The protocol's own example.
    [InlineData("http://example.com/HelloWorld", "hello world", "DSSEv1 29 http://example.com/HelloWorld 11 hello world")]
    [InlineData("", "", "DSSEv1 0  0 ")]
    [InlineData("tä", "é\n", "DSSEv1 3 tä 3 é\n")]
    public void What_is_signed_counts_bytes(string type, string payload, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(DsseEnvelope.PreAuthenticationEncoding(type, Encoding.UTF8.GetBytes(payload))));
}
