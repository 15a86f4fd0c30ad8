using System.Buffers.Binary;
using System.Text;

namespace ModelGuard.Checkpoints.Tests.Safetensors;

/// <summary>Safetensors files put together byte by byte, right or wrong, without the writer under test.</summary>
internal static class RawFile
{
    /// <summary>Length, header, data.</summary>
    public static byte[] Bytes(string header, int dataLength = 0) => Bytes(Encoding.UTF8.GetBytes(header), dataLength);

    /// <summary>The same for a header that is no text; the data count upwards.</summary>
    public static byte[] Bytes(byte[] header, int dataLength = 0) =>
        [.. Prefix((ulong)header.Length), .. header, .. Enumerable.Range(0, dataLength).Select(i => (byte)i)];

    /// <summary>A header that describes one tensor 'a'.</summary>
    public static string Header(string type, string shape, long begin, long end) => $"{{{Entry("a", type, shape, begin, end)}}}";

    /// <summary>A header that describes bytes 'a' and 'b'.</summary>
    public static string Header(long beginA, long endA, long beginB, long endB) =>
        FormattableString.Invariant($"{{{Entry("a", "U8", $"[{endA - beginA}]", beginA, endA)},{Entry("b", "U8", $"[{endB - beginB}]", beginB, endB)}}}");

    /// <summary>A header's length as the format stores it.</summary>
    public static byte[] Prefix(ulong length)
    {
        var prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, length);
        return prefix;
    }

    /// <summary>Asserts that a file of this content is refused, by a message of one line that names it.</summary>
    public static CheckpointException Refused(byte[] content, string name = "weights.safetensors")
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder[name], content);
        var error = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(folder[name]).Dispose());
        Assert.Equal(folder[name], error.Path);
        Assert.Contains($"'{folder[name]}'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(error.Message, char.IsControl);
        Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
        return error;
    }

    private static string Entry(string name, string type, string shape, long begin, long end) =>
        FormattableString.Invariant($$"""
            "{{name}}":{"dtype":"{{type}}","shape":{{shape}},"data_offsets":[{{begin}},{{end}}]}
            """);
}
