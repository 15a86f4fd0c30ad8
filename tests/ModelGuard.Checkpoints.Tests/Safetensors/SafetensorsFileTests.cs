namespace ModelGuard.Checkpoints.Tests.Safetensors;

public sealed class SafetensorsFileTests : IDisposable
{
    private const string TwoTensors = """{"b":{"dtype":"I32","shape":[1,2],"data_offsets":[3,11]},"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"__metadata__":{"format":"pt"}}""";
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Tensors_come_in_the_order_of_their_data_with_type_shape_and_place()
    {
        using var file = Open(TwoTensors, 11);
        var data = 8 + TwoTensors.Length;

        Assert.Equal(["a", "b"], file.Tensors.Select(t => t.Name), StringComparer.Ordinal);
        Assert.Equal((TensorDataType.U8, data, 3L), (file.Get("a").DataType, file.Get("a").Offset, file.Get("a").ByteLength));
        Assert.Equal((TensorDataType.I32, data + 3, 8L), (file.Get("b").DataType, file.Get("b").Offset, file.Get("b").ByteLength));
        Assert.Equal([1, 2], file.Get("b").Shape);
        Assert.Equal("pt", Assert.Single(file.Metadata, p => p.Key == "format").Value);
        Assert.Equal([3, 4, 5, 6, 7, 8, 9, 10], file.GetBytes(file.Get("b")).ToArray());
        Assert.Equal([3, 4, 5, 6, 7, 8, 9, 10], Read(file.OpenTensor(file.Get("b"))));
    }

    [Fact]
    public void A_stream_ends_with_its_tensor_and_cannot_be_written()
    {
        using var file = Open(TwoTensors, 11);
        using var stream = file.OpenTensor(file.Get("a"));

        Assert.Equal(3, stream.Length);
        Assert.False(stream.CanWrite);
        Assert.Equal([0, 1, 2], Read(stream));
    }

    [Fact]
    public void A_run_of_a_tensor_is_read_past_the_map_and_never_leaves_it()
    {
        using var file = Open(TwoTensors, 11);
        var run = new byte[3];

        file.Read(file.Get("b"), 5, run);

        Assert.Equal([8, 9, 10], run);
        Assert.Equal(run, file.GetBytes(file.Get("b"), 5, 3).ToArray());
        foreach (var from in (long[])[-1, 6, long.MaxValue])
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => file.Read(file.Get("b"), from, run));
            Assert.Throws<ArgumentOutOfRangeException>(() => file.GetBytes(file.Get("b"), from, 3).Length);
        }
    }

    [Fact]
    public void A_file_that_becomes_shorter_while_it_is_read_is_an_error()
    {
        using var file = Open(TwoTensors, 11);
        // Windows holds a mapped file at its length.
        Assert.SkipWhen(OperatingSystem.IsWindows(), "A mapped file cannot be cut on Windows.");
        using (var other = new FileStream(file.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) other.SetLength(other.Length - 1);

        Assert.Equal("MG0207", Assert.Throws<CheckpointException>(() => file.Read(file.Get("b"), 0, new byte[8])).Code);
    }

    [Fact]
    public void Scalars_and_empty_tensors_are_read_wherever_they_stand()
    {
        using var file = Open("""{"start":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]},"scalar":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"end":{"dtype":"I64","shape":[0],"data_offsets":[4,4]}}""", 4);

        Assert.Empty(file.Get("scalar").Shape);
        Assert.Equal([0, 1, 2, 3], file.GetBytes(file.Get("scalar")).ToArray());
        Assert.Equal([0, 7], file.Get("start").Shape);
        Assert.All(["start", "end"], name => Assert.Equal(0, file.GetBytes(file.Get(name)).Length + file.OpenTensor(file.Get(name)).Length));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{}      ")]
    [InlineData("""{"__metadata__":{}}""")]
    public void A_file_without_tensors_is_read(string header)
    {
        using var file = Open(header, 0);

        Assert.Empty(file.Tensors);
        Assert.Empty(file.Metadata);
    }

    [Fact]
    public void A_name_that_is_not_there_is_refused()
    {
        using var file = Open(TwoTensors, 11);

        var error = Assert.Throws<CheckpointException>(() => file.Get("A"));

        Assert.Equal("MG0208", error.Code);
        Assert.Equal($"'{folder["a.safetensors"]}' holds no tensor 'A'. Name a file that holds it.", error.Message);
        Assert.False(file.TryGet("A", out _));
        Assert.True(file.TryGet("a", out var found));
        Assert.Same(file.Get("a"), found);
    }

    [Fact]
    public void A_file_that_is_not_there_is_refused()
    {
        var error = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(folder["none.safetensors"]));

        Assert.Equal("MG0200", error.Code);
        Assert.Equal($"The weights file '{folder["none.safetensors"]}' does not exist. Name an existing one, or copy the checkpoint again, whole.", error.Message);
    }

    [Fact]
    public void A_tensor_of_another_file_is_refused()
    {
        using var file = Open(TwoTensors, 11);
        var own = file.Get("a");
        TensorInfo[] foreign =
        [
            own with { Offset = own.Offset + 1 },
            own with { Offset = -1 },
            own with { Offset = long.MaxValue },
            own with { ByteLength = 4 },
            own with { ByteLength = -1 },
            own with { ByteLength = long.MaxValue },
            own with { Name = "c" },
            file.Get("b") with { Name = "a" },
        ];

        foreach (var info in foreign)
        {
            var errors = new[] { Assert.Throws<ArgumentException>(() => file.GetBytes(info).Length), Assert.Throws<ArgumentException>(() => file.OpenTensor(info)) };
            Assert.All(errors, e => Assert.Contains(folder["a.safetensors"], e.Message, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_disposed_file_is_not_read_through_a_dead_pointer()
    {
        var file = Open(TwoTensors, 11);
        var info = file.Get("a");
        file.Dispose();
        file.Dispose();

        Assert.Throws<ObjectDisposedException>(() => file.GetBytes(info).Length);
        Assert.Throws<ObjectDisposedException>(() => file.OpenTensor(info));
    }

    [Fact]
    public void A_tensor_above_2_GiB_is_read_as_a_stream_only()
    {
        const long Length = (1L << 31) + 8;
        var path = folder["large.safetensors"];
        File.WriteAllBytes(path, RawFile.Bytes(RawFile.Header("U8", FormattableString.Invariant($"[{Length}]"), 0, Length)));
        using (var sparse = new FileStream(path, FileMode.Open))
        {
            sparse.SetLength(sparse.Length + Length);
            sparse.Seek(-1, SeekOrigin.End);
            sparse.WriteByte(7);
        }

        using var file = SafetensorsFile.Open(path);
        using var stream = file.OpenTensor(file.Get("a"));
        stream.Seek(-2, SeekOrigin.End);

        Assert.Equal((0, 7, -1), (stream.ReadByte(), stream.ReadByte(), stream.ReadByte()));
        var error = Assert.Throws<CheckpointException>(() => file.GetBytes(file.Get("a")).Length);
        Assert.Equal("MG0209", error.Code);
        Assert.Contains("has 2147483656 bytes, more than the 2 GiB that can be read at once.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_pipe_is_refused_instead_of_waited_for()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no pipes among its files.");
        NamedPipe.Make(folder["a.safetensors"]);

        var error = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(folder["a.safetensors"]));

        Assert.Equal("MG0201", error.Code);
    }

    public void Dispose() => folder.Dispose();

    private SafetensorsFile Open(string header, int dataLength)
    {
        File.WriteAllBytes(folder["a.safetensors"], RawFile.Bytes(header, dataLength));
        return SafetensorsFile.Open(folder["a.safetensors"]);
    }

    private static byte[] Read(Stream stream)
    {
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
