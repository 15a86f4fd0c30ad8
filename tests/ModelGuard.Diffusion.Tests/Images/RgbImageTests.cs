using CsCheck;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Images;

namespace ModelGuard.Diffusion.Tests.Images;

public sealed class RgbImageTests : IDisposable
{
    // A lossless WebP file that ends behind its header, which says 16384 × 16384 pixels.
    private static readonly byte[] Enormous = [.. "RIFF"u8, 22, 0, 0, 0, .. "WEBPVP8L"u8, 10, 0, 0, 0, 0x2F, 0xFF, 0xFF, 0xFF, 0x0F, 0, 0, 0, 0, 0];
    private readonly TemporaryFolder folder = new();
    private readonly byte[] picture = new RgbImage(16, 8, [.. Enumerable.Range(0, 16 * 8 * 3).Select(i => (byte)(i * 7))]).ToPng();

    [Fact]
    public void A_picture_comes_back_pixel_by_pixel()
    {
        var read = Load(picture);
        Assert.Equal((16, 8), (read.Width, read.Height));
        Assert.Equal(picture, read.ToPng());
    }

    [Fact]
    public void A_picture_that_claims_to_be_enormous_is_refused_before_it_is_decoded() => Refused(Enormous, "has 16384 × 16384 pixels, more than the 67108864 that are accepted");

    [Fact]
    public void A_picture_that_is_cut_off_is_damaged() => Refused(picture[..(picture.Length * 3 / 4)], "is damaged");

    [Theory]
    [InlineData("")]
    [InlineData("no picture")]
    [InlineData("<svg xmlns=\"x\" width=\"1\" height=\"1\"/>")]
    public void A_file_of_another_kind_is_no_picture(string content) => Refused(System.Text.Encoding.UTF8.GetBytes(content), "is no picture that can be read");

    // Behind width and height: pictures of tens of millions of pixels are accepted, and take their time.
    [Fact]
    public void Whatever_is_changed_in_a_picture_there_is_a_picture_or_a_sentence() => Gen.Select(Gen.Int[24, picture.Length - 1], Gen.Byte, Gen.Int[0, 40]).Sample(
        (at, value, cut) =>
        {
            var changed = picture[..^cut];
            changed[Math.Min(at, changed.Length - 1)] = value;
            try
            {
                var read = Load(changed);
                return read.Pixels.Length == read.Width * read.Height * 3;
            }
            catch (CheckpointException e)
            {
                return e.Code == "MG0250";
            }
        },
        iter: 500,
        threads: 1);

    public void Dispose() => folder.Dispose();

    private RgbImage Load(byte[] content)
    {
        File.WriteAllBytes(folder["picture"], content);
        return RgbImage.Load(folder["picture"]);
    }

    private void Refused(byte[] content, string sentence)
    {
        var refusal = Assert.Throws<CheckpointException>(() => Load(content));
        Assert.Equal("MG0250", refusal.Code);
        Assert.Contains(sentence, refusal.Message, StringComparison.Ordinal);
    }
}
