using System.Text;

namespace ModelGuard.Checkpoints.Tests.Safetensors;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void The_header_is_padded_to_eight_bytes_and_keeps_the_order_given()
    {
        SafetensorsWriter.Write(folder["a.safetensors"], [new("z", TensorDataType.U8, [3], new byte[] { 1, 2, 3 }), new("a", TensorDataType.F16, [], new byte[] { 4, 5 })], new Dictionary<string, string>(StringComparer.Ordinal) { ["y"] = "2", ["x"] = "1" });

        const string Header = """{"__metadata__":{"x":"1","y":"2"},"z":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"a":{"dtype":"F16","shape":[],"data_offsets":[3,5]}}""";
        var padded = Header.PadRight((Header.Length + 7) / 8 * 8);
        Assert.Equal([.. RawFile.Prefix((ulong)padded.Length), .. Encoding.ASCII.GetBytes(padded), 1, 2, 3, 4, 5], File.ReadAllBytes(folder["a.safetensors"]));
    }

    [Theory]
    [InlineData(TensorDataType.F64, 8)]
    [InlineData(TensorDataType.F32, 4)]
    [InlineData(TensorDataType.F16, 2)]
    [InlineData(TensorDataType.BF16, 2)]
    [InlineData(TensorDataType.I64, 8)]
    [InlineData(TensorDataType.I32, 4)]
    [InlineData(TensorDataType.U8, 1)]
    public void Each_type_has_its_size_and_keeps_its_name(TensorDataType type, int size)
    {
        byte[] bytes = [.. Enumerable.Range(1, 6 * size).Select(i => (byte)(i * 41))];
        SafetensorsWriter.Write(folder["a.safetensors"], [new("a", type, [2, 3], bytes)]);

        using var file = SafetensorsFile.Open(folder["a.safetensors"]);

        Assert.Equal(size, type.SizeInBytes());
        Assert.Equal(type, file.Get("a").DataType);
        Assert.Equal(bytes, file.GetBytes(file.Get("a")).ToArray());
        Assert.Contains($"\"dtype\":\"{type}\"", Encoding.Latin1.GetString(File.ReadAllBytes(folder["a.safetensors"])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_type_that_does_not_exist_has_no_size() => Assert.Throws<ArgumentOutOfRangeException>(() => ((TensorDataType)99).SizeInBytes());

    [Theory]
    [InlineData("a", new long[] { 2 }, 7)]
    [InlineData("a", new long[] { -1, -2 }, 8)]
    [InlineData("a", new long[] { long.MaxValue, 4 }, 0)]
    [InlineData("__metadata__", new long[] { 2 }, 8)]
    [InlineData("first", new long[] { 2 }, 8)]
    public void What_could_not_be_read_is_not_written(string name, long[] shape, int length)
    {
        TensorSource[] tensors = [new("first", TensorDataType.U8, [1], new byte[1]), new(name, TensorDataType.F32, [.. shape], new byte[length])];

        var error = Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(folder["a.safetensors"], tensors));

        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    public void Dispose() => folder.Dispose();
}
