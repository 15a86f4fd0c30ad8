namespace ModelGuard.Checkpoints.Tests.Safetensors;

/// <summary>Headers that are JSON but describe tensors wrongly.</summary>
public sealed class SafetensorsEntryTests
{
    private const string Damaged = "The file is damaged; copy it again, or write it again with the safetensors library.";

    [Theory]
    [InlineData("1", "must be an object with 'dtype', 'shape' and 'data_offsets'.")]
    [InlineData("[]", "must be an object with 'dtype', 'shape' and 'data_offsets'.")]
    [InlineData("""{"dtype":"U8","shape":[4],"data_offsets":[0,4],"extra":1}""", "has the unknown field 'extra'.")]
    [InlineData("""{"shape":[4],"data_offsets":[0,4]}""", "has no text 'dtype'.")]
    [InlineData("""{"dtype":8,"shape":[4],"data_offsets":[0,4]}""", "has no text 'dtype'.")]
    [InlineData("""{"dtype":"U8","data_offsets":[0,4]}""", "has no list 'shape'.")]
    [InlineData("""{"dtype":"U8","shape":4,"data_offsets":[0,4]}""", "has no list 'shape'.")]
    [InlineData("""{"dtype":"U8","shape":[4]}""", "has no list 'data_offsets'.")]
    [InlineData("""{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}""", "has 'shape' with -4; it must hold whole numbers from 0.")]
    [InlineData("""{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}""", "has 'shape' with 4.0; it must hold whole numbers from 0.")]
    [InlineData("""{"dtype":"U8","shape":["4"],"data_offsets":[0,4]}""", "has 'shape' with \"4\"; it must hold whole numbers from 0.")]
    [InlineData("""{"dtype":"U8","shape":[null],"data_offsets":[0,4]}""", "has 'shape' with null; it must hold whole numbers from 0.")]
    [InlineData("""{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,4]}""", "has 'shape' with 9223372036854775808; it must hold whole numbers from 0.")]
    [InlineData("""{"dtype":"U8","shape":[4],"data_offsets":[-4,0]}""", "has 'data_offsets' with -4; it must hold whole numbers from 0.")]
    [InlineData("""{"dtype":"U8","shape":[4],"data_offsets":[0,1e1]}""", "has 'data_offsets' with 1e1; it must hold whole numbers from 0.")]
    [InlineData("""{"dtype":"U8","shape":[4],"data_offsets":[0]}""", "needs 'data_offsets' of two numbers, begin and end.")]
    [InlineData("""{"dtype":"U8","shape":[4],"data_offsets":[0,4,8]}""", "needs 'data_offsets' of two numbers, begin and end.")]
    [InlineData("""{"dtype":"U8","shape":[4],"data_offsets":[4,0]}""", "needs 'data_offsets' of two numbers, begin and end.")]
    [InlineData("""{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775806,9223372036854775807]}""", "has offsets beyond 2^63.")]
    public void A_malformed_entry_is_refused_and_said_why(string entry, string why) => AssertRefused("MG0203", $"{why} {Damaged}", $"{{\"a\":{entry}}}", 4);

    [Theory]
    [InlineData("BOOL")]
    [InlineData("I8")]
    [InlineData("I16")]
    [InlineData("U16")]
    [InlineData("U32")]
    [InlineData("U64")]
    [InlineData("C64")]
    [InlineData("F8_E5M2")]
    [InlineData("F8_E4M3")]
    [InlineData("F8_E8M0")]
    [InlineData("F6_E2M3")]
    [InlineData("F6_E3M2")]
    [InlineData("F4")]
    public void A_type_that_safetensors_knows_but_is_not_read_is_told_from_damage(string type) => AssertRefused(
        "MG0204",
        $"has the type {type}, which safetensors knows but this tool does not read; it reads F64, F32, F16, BF16, I64, I32 and U8. Convert the tensor to one of them.",
        RawFile.Header(type, "[4]", 0, 4),
        4);

    [Theory]
    [InlineData("")]
    [InlineData("f32")]
    [InlineData("F32 ")]
    [InlineData("Q4_K")]
    [InlineData("1")]
    public void An_unknown_type_is_refused(string type) => AssertRefused(
        "MG0204",
        $"has the unknown type '{type}'; this tool reads F64, F32, F16, BF16, I64, I32 and U8. The file is damaged, or newer than this tool; copy it again, or convert the tensor.",
        RawFile.Header(type, "[4]", 0, 4),
        4);

    [Theory]
    [InlineData("F32", "[2]", 4, "takes 8 bytes, but its offsets give it 4.")]
    [InlineData("F64", "[]", 4, "takes 8 bytes, but its offsets give it 4.")]
    [InlineData("U8", "[2,0]", 4, "takes 0 bytes, but its offsets give it 4.")]
    [InlineData("U8", "[4611686018427387904,2]", 0, "takes more than 2^63 bytes, but its offsets give it 0.")]
    [InlineData("U8", "[4294967296,4294967296]", 0, "takes more than 2^63 bytes, but its offsets give it 0.")]
    [InlineData("F64", "[2305843009213693952]", 0, "takes more than 2^63 bytes, but its offsets give it 0.")]
    [InlineData("U8", "[9223372036854775807,9223372036854775807,0]", 0, "takes more than 2^63 bytes, but its offsets give it 0.")]
    [InlineData("U8", "[9223372036854775807,9223372036854775807,9223372036854775807,9223372036854775807]", 1, "takes more than 2^63 bytes, but its offsets give it 1.")]
    public void A_shape_that_does_not_fit_the_length_is_refused_without_overflow(string type, string shape, int length, string why) =>
        AssertRefused("MG0205", $"{why} {Damaged}", RawFile.Header(type, shape, 0, length), length);

    [Theory]
    [InlineData(1, 4, "leaves a gap of 1 bytes before it.")]
    [InlineData(4, 6, "leaves a gap of 4 bytes before it.")]
    public void Bytes_before_the_first_tensor_are_refused(int begin, int end, string why) =>
        AssertCovered(why, RawFile.Header("U8", FormattableString.Invariant($"[{end - begin}]"), begin, end), end);

    [Fact]
    public void A_gap_between_tensors_is_refused() =>
        AssertCovered("the tensor 'b' leaves a gap of 2 bytes before it.", RawFile.Header(0, 2, 4, 8), 8);

    [Theory]
    [InlineData(0, 8, 4, 8, "the tensor 'b' overlaps the tensor before it by 4 bytes.")]
    [InlineData(0, 8, 7, 9, "the tensor 'b' overlaps the tensor before it by 1 bytes.")]
    [InlineData(4, 8, 0, 8, "the tensor 'a' overlaps the tensor before it by 4 bytes.")]
    [InlineData(0, 8, 0, 8, "the tensor 'b' overlaps the tensor before it by 8 bytes.")]
    [InlineData(0, 8, 4, 4, "the tensor 'b' overlaps the tensor before it by 4 bytes.")]
    public void Tensors_that_share_bytes_are_refused(int beginA, int endA, int beginB, int endB, string why) =>
        AssertCovered(why, RawFile.Header(beginA, endA, beginB, endB), Math.Max(endA, endB));

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(0)]
    public void A_file_that_ends_before_or_after_its_last_tensor_is_refused(int there)
    {
        const string Header = """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""";

        AssertRefused("MG0207", FormattableString.Invariant($"has {8 + Header.Length + there} bytes, but its tensors end at byte {8 + Header.Length + 4}. The file was cut off, or something was appended; copy or download it again."), Header, there);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"__metadata__\":{\"a\":\"b\"}}")]
    public void Bytes_after_a_header_without_tensors_are_refused(string header) => Assert.Equal("MG0207", RawFile.Refused(RawFile.Bytes(header, 1)).Code);

    [Fact]
    public void Names_cannot_forge_lines_of_a_log()
    {
        var error = RawFile.Refused(RawFile.Bytes("""{"a\r\nmodelguard: all gates passed\u001b[2J\u2028\u202e\u0085":1}"""));

        Assert.Contains(@"'a\u000d\u000amodelguard: all gates passed\u001b[2J\u2028\u202e\u0085'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_about_a_name_of_a_million_characters_says_both_where_and_what_to_do()
    {
        var error = RawFile.Refused(RawFile.Bytes($"{{\"{new string('a', 1_000_000)}\":1}}"));

        Assert.InRange(error.Message.Length, 1000, 2100);
        Assert.EndsWith(Damaged, error.Message, StringComparison.Ordinal);
    }

    private static void AssertCovered(string why, string header, int length) =>
        AssertRefused("MG0206", $"{why} The file is damaged, or it hides data; write it again with the safetensors library.", header, length);

    private static void AssertRefused(string code, string ending, string header, int length)
    {
        var error = RawFile.Refused(RawFile.Bytes(header, length));
        Assert.Equal(code, error.Code);
        Assert.EndsWith(ending, error.Message, StringComparison.Ordinal);
    }
}
