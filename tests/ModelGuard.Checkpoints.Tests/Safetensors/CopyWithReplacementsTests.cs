namespace ModelGuard.Checkpoints.Tests.Safetensors;

public sealed class CopyWithReplacementsTests : IDisposable
{
    // Out of order, oddly spaced and with escapes: a copy that writes the header again would differ.
    private const string Header = """{ "c":{"shape":[2],"dtype":"U8","data_offsets":[6,8]}, "\u0061":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"__metadata__":{"z":"1","a":"2"},"b":{"data_offsets":[4,6],"dtype":"F16","shape":[]} }   """;
    private readonly TemporaryFolder folder = new();
    private readonly byte[] original = RawFile.Bytes(Header, 8);

    public CopyWithReplacementsTests() => File.WriteAllBytes(folder["source.safetensors"], original);

    [Fact]
    public void All_bytes_but_those_of_the_replaced_tensors_stay()
    {
        Copy(("b", [100, 101]), ("a", [200, 201, 202, 203]));

        Assert.Equal([.. original[..^8], 200, 201, 202, 203, 100, 101, 6, 7], File.ReadAllBytes(folder["copy.safetensors"]));
        Assert.Equal(original, File.ReadAllBytes(folder["source.safetensors"]));
    }

    [Fact]
    public void A_copy_without_replacements_is_the_same_file()
    {
        Copy();

        Assert.Equal(original, File.ReadAllBytes(folder["copy.safetensors"]));
    }

    [Fact]
    public void A_read_only_source_gives_a_copy_that_can_be_written()
    {
        File.SetAttributes(folder["source.safetensors"], FileAttributes.ReadOnly);

        Copy(("c", [1, 2]));

        Assert.True(File.GetAttributes(folder["source.safetensors"]).HasFlag(FileAttributes.ReadOnly));
        Assert.False(File.GetAttributes(folder["copy.safetensors"]).HasFlag(FileAttributes.ReadOnly));
        Assert.Equal([.. original[..^2], 1, 2], File.ReadAllBytes(folder["copy.safetensors"]));
        File.SetAttributes(folder["source.safetensors"], FileAttributes.Normal);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(0)]
    public void A_replacement_of_another_length_is_refused(int length)
    {
        var error = Assert.Throws<CheckpointException>(() => Copy(("c", [1, 2]), ("a", new byte[length])));

        Assert.Equal("MG0211", error.Code);
        Assert.Equal(FormattableString.Invariant($"The tensor 'a' of '{folder["source.safetensors"]}' has 4 bytes; its replacement has {length}. This is a defect of the tool; please report it."), error.Message);
        AssertNothingWritten();
    }

    [Fact]
    public void An_unknown_name_is_refused()
    {
        var error = Assert.Throws<CheckpointException>(() => Copy(("c", [1, 2]), ("d", [1])));

        Assert.Equal("MG0208", error.Code);
        AssertNothingWritten();
    }

    [Fact]
    public void A_file_replaces_itself_while_it_is_read()
    {
        using (var source = SafetensorsFile.Open(folder["source.safetensors"]))
        {
            SafetensorsWriter.CopyWithReplacements(source, folder["source.safetensors"], new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { ["c"] = new byte[] { 1, 2 } });

            Assert.Equal([6, 7], source.GetBytes(source.Get("c")).ToArray());
        }

        Assert.Equal([.. original[..^2], 1, 2], File.ReadAllBytes(folder["source.safetensors"]));
        AssertNothingWritten(exceptSource: true);
    }

    public void Dispose() => folder.Dispose();

    private void Copy(params (string Name, byte[] Bytes)[] replacements)
    {
        using var source = SafetensorsFile.Open(folder["source.safetensors"]);
        SafetensorsWriter.CopyWithReplacements(source, folder["copy.safetensors"], replacements.ToDictionary(r => r.Name, r => (ReadOnlyMemory<byte>)r.Bytes, StringComparer.Ordinal));
    }

    private void AssertNothingWritten(bool exceptSource = false)
    {
        Assert.Equal(folder["source.safetensors"], Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path)));
        if (!exceptSource) Assert.Equal(original, File.ReadAllBytes(folder["source.safetensors"]));
    }
}
