using System.Text;

namespace ModelGuard.Checkpoints.Tests.Safetensors;

/// <summary>Files whose header cannot be read at all.</summary>
public sealed class SafetensorsHeaderTests
{
    private const string CopyAgain = "copy or download it again.";

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void A_file_too_short_for_a_header_length_is_refused(int length)
    {
        var error = RawFile.Refused(new byte[length]);

        Assert.Equal("MG0201", error.Code);
        Assert.Contains(FormattableString.Invariant($"has {length} bytes; a safetensors file begins with an 8-byte header length."), error.Message, StringComparison.Ordinal);
        Assert.EndsWith(CopyAgain, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3UL, 2)]
    [InlineData(1UL, 0)]
    [InlineData(100_000_000UL, 10)]
    public void A_header_that_is_cut_off_is_refused(ulong claimed, int there)
    {
        var error = RawFile.Refused([.. RawFile.Prefix(claimed), .. new byte[there]]);

        Assert.Equal("MG0201", error.Code);
        Assert.Contains(FormattableString.Invariant($"claims a header of {claimed} bytes but has only {there} after the length."), error.Message, StringComparison.Ordinal);
        Assert.EndsWith(CopyAgain, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100_000_001UL)]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    [InlineData(ulong.MaxValue - 7)]
    public void A_header_longer_than_the_format_allows_is_refused_before_it_is_read(ulong claimed)
    {
        var error = RawFile.Refused([.. RawFile.Prefix(claimed), .. new byte[10]]);

        Assert.Equal("MG0201", error.Code);
        Assert.Contains(FormattableString.Invariant($"claims a header of {claimed} bytes, more than the 100000000 that the format allows."), error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}x")]
    [InlineData("{}{}")]
    [InlineData("{'a':1}")]
    [InlineData("{\"a\":}")]
    [InlineData("{\"__metadata__\":{\"a\":\"b\",}}")]
    [InlineData("{/* comment */}")]
    [InlineData("{}\0")]
    [InlineData("{\"a\":[[[[[[[[1]]]]]]]]}")]
    public void A_header_that_is_no_JSON_is_refused(string header)
    {
        var error = RawFile.Refused(RawFile.Bytes(header));

        Assert.Equal("MG0202", error.Code);
        Assert.Contains("is no valid JSON: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("It is no safetensors file, or it is damaged.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "0x5b")]
    [InlineData(" {}", "0x20")]
    [InlineData("\uFEFF{}", "0xef")]
    [InlineData("\"{}\"", "0x22")]
    [InlineData("null", "0x6e")]
    [InlineData("\0{}", "0x00")]
    public void A_header_that_does_not_begin_with_a_brace_is_refused(string header, string first)
    {
        var error = RawFile.Refused(RawFile.Bytes(header));

        Assert.Equal("MG0202", error.Code);
        Assert.Contains($"begins with the byte {first} instead of '{{'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a":TENSOR,"a":TENSOR}""")]
    [InlineData("""{"a":TENSOR,"\u0061":TENSOR}""")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""")]
    [InlineData("""{"a":{"dtype":"U8","dtype":"F64","shape":[1],"data_offsets":[0,1]}}""")]
    public void A_key_that_stands_twice_is_refused(string header)
    {
        var error = RawFile.Refused(RawFile.Bytes(header.Replace("TENSOR", """{"dtype":"U8","shape":[1],"data_offsets":[0,1]}""", StringComparison.Ordinal), 1));

        Assert.Equal("MG0202", error.Code);
        Assert.Contains("Duplicate property", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""")]
    [InlineData("""{"a":{"dtype":"\udc00","shape":[0],"data_offsets":[0,0]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"\ud800":1}}""")]
    [InlineData("""{"__metadata__":{"a":"\ud800x"}}""")]
    [InlineData("""{"__metadata__":{"\ud800":"a"}}""")]
    public void Half_a_surrogate_pair_is_refused(string header) => Assert.Equal("MG0202", RawFile.Refused(RawFile.Bytes(header)).Code);

    [Theory]
    [InlineData("""{"#":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""")]
    [InlineData("""{"a":{"dtype":"#","shape":[0],"data_offsets":[0,0]}}""")]
    [InlineData("""{"__metadata__":{"a":"#"}}""")]
    [InlineData("""{"__metadata__":{"#":"a"}}""")]
    public void Bytes_that_are_no_UTF8_are_refused(string header)
    {
        byte[] bytes = [.. Encoding.ASCII.GetBytes(header).Select(b => b == '#' ? (byte)0xFF : b)];

        Assert.Equal("MG0202", RawFile.Refused(RawFile.Bytes(bytes)).Code);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("null")]
    [InlineData("{\"a\":1}")]
    [InlineData("{\"a\":\"b\",\"c\":null}")]
    [InlineData("{\"a\":{\"b\":\"c\"}}")]
    public void Metadata_that_are_not_texts_are_refused(string metadata)
    {
        var error = RawFile.Refused(RawFile.Bytes($"{{\"__metadata__\":{metadata}}}"));

        Assert.Equal("MG0202", error.Code);
        Assert.Contains("'__metadata__'", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("must map texts to texts. Write the file again with the safetensors library.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_Git_LFS_pointer_is_named_as_one()
    {
        var error = RawFile.Refused("version https://git-lfs.github.com/spec/v1\noid sha256:0000\nsize 12345\n"u8.ToArray());

        Assert.Equal("MG0212", error.Code);
        Assert.EndsWith("Fetch them with 'git lfs pull'.", error.Message, StringComparison.Ordinal);
    }
}
