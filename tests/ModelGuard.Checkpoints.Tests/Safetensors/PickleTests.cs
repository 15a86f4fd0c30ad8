namespace ModelGuard.Checkpoints.Tests.Safetensors;

/// <summary>Formats that can run code when they are loaded, under their own names and under others.</summary>
public sealed class PickleTests
{
    // A header length whose first bytes are those of a pickle of protocol 2.
    private const int LengthLikeAPickle = 0x1_0280;

    [Theory]
    [InlineData("model.bin")]
    [InlineData("model.ckpt")]
    [InlineData("model.pt")]
    [InlineData("model.pth")]
    [InlineData("model.pkl")]
    [InlineData("model.pickle")]
    [InlineData("MODEL.CKPT")]
    public void A_pickle_is_refused_by_its_name_with_the_reason_and_the_way_out(string name)
    {
        // The content is a whole safetensors file: the name alone is enough.
        var error = RawFile.Refused(RawFile.Bytes("{}"), name);

        Assert.Equal("MG0210", error.Code);
        Assert.Contains("hold Python pickles, and loading one can run any code its author put in. Convert it to safetensors on a machine you can throw away", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("and name the safetensors file or folder instead.", error.Message, StringComparison.Ordinal);
        Assert.True(PickleFormats.IsPickle(name));
    }

    [Theory]
    [InlineData("flax_model.msgpack")]
    [InlineData("tf_model.h5")]
    public void Weights_of_other_frameworks_are_refused_by_their_name(string name)
    {
        var error = RawFile.Refused(RawFile.Bytes("{}"), name);

        Assert.Equal("MG0210", error.Code);
        Assert.Contains("it holds weights of Flax or Keras", error.Message, StringComparison.Ordinal);
        Assert.True(PickleFormats.IsPickle(name));
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("model")]
    [InlineData("bin")]
    [InlineData("model.bin.safetensors")]
    public void Other_names_are_no_pickles(string name) => Assert.False(PickleFormats.IsPickle(name));

    [Fact]
    public void A_folder_may_be_called_what_it_likes()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["model.bin"]);

        PickleFormats.Refuse(folder["model.bin"]);
    }

    [Theory]
    [InlineData("504b03040000080800006172636869766500")]
    [InlineData("504b030400000000000061726368697665")]
    [InlineData("80028a0a6cfc9c46f920206aa850192e80024de9032e")]
    [InlineData("80037d71002e000000000000")]
    [InlineData("800495100000000000000000")]
    [InlineData("80059500000000000000008c")]
    [InlineData("80027d7100580100000061")]
    public void A_pickle_under_a_safetensors_name_is_told_by_its_first_bytes(string content)
    {
        var error = RawFile.Refused(Convert.FromHexString(content));

        Assert.Equal("MG0210", error.Code);
        Assert.Contains("its first bytes are those of a Python pickle or a PyTorch archive, whatever its name says", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pickle_whose_first_bytes_are_a_header_length_that_fits_is_still_told()
    {
        var error = RawFile.Refused([.. RawFile.Prefix(LengthLikeAPickle), .. new byte[LengthLikeAPickle]]);

        Assert.Equal("MG0210", error.Code);
    }

    [Theory]
    [InlineData(LengthLikeAPickle)]
    [InlineData(0x1_0380)]
    [InlineData(0x1_0480)]
    [InlineData(0x1_0580)]
    public void A_header_whose_length_looks_like_a_pickle_is_read(int length)
    {
        using var folder = new TemporaryFolder();
        const string Header = """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""";
        File.WriteAllBytes(folder["a.safetensors"], RawFile.Bytes(Header.PadRight(length), 2));

        using var file = SafetensorsFile.Open(folder["a.safetensors"]);

        Assert.Equal([0, 1], file.GetBytes(file.Get("a")).ToArray());
    }
}
