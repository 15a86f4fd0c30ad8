using ModelGuard.Diffusion.Images;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Images;

public sealed class CLIPImageProcessorTests
{
    private static readonly string[] Names = ["astronaut_portrait", "astronaut_rgba", "camera_gray", "cat_landscape", "coffee_odd", "rocket_square"];

    [Fact]
    public void Resized_pictures_equal_Pillows_to_the_byte()
    {
        using var golden = new Golden("clip-tiny.golden", "preprocess");
        var processor = CLIPImageProcessor.Load(Golden.Model("clip-tiny"));
        foreach (var name in Names)
        {
            using var expected = golden[$"resized32.{name}.png"];
            var actual = processor.Resize(Load(name));
            Assert.Equal((expected.shape[1], expected.shape[0]), ((long)actual.Width, (long)actual.Height));
            Assert.True(expected.bytes.SequenceEqual(actual.Pixels), name);
        }
    }

    [Fact]
    public void Enlarged_pictures_equal_Pillows_to_the_byte()
    {
        using var golden = new Golden("clip-tiny.golden", "preprocess");
        foreach (var name in golden.Names.Where(n => n.StartsWith("resized224.", StringComparison.Ordinal)))
        {
            using var expected = golden[name];
            var actual = PillowResize.Bicubic(Load(name.Split('.')[1]), (int)expected.shape[1], (int)expected.shape[0]);
            Assert.True(expected.bytes.SequenceEqual(actual.Pixels), name);
        }
    }

    [Fact]
    public void Values_equal_the_references()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("clip-tiny.golden", "preprocess");

        var values = CLIPImageProcessor.Load(Golden.Model("clip-tiny")).Process([.. Names.Select(Load)]);

        Assert.True((values - golden["pixel_values32"]).abs().max().item<float>() <= 1e-6f);
    }

    [Fact]
    public void Transparency_is_dropped_and_not_blended()
    {
        using var golden = new Golden("clip-tiny.golden", "preprocess");
        using var expected = golden["decoded.astronaut_rgba.png"];
        Assert.True(expected.bytes.SequenceEqual(Load("astronaut_rgba").Pixels));
    }

    [Fact]
    public void A_saved_picture_is_read_back_and_saved_alike()
    {
        using var folder = new TemporaryFolder();
        var image = Load("cat_landscape");
        File.WriteAllBytes(folder["a.png"], image.ToPng());
        var again = RgbImage.Load(folder["a.png"]);
        Assert.True(image.Pixels.SequenceEqual(again.Pixels));
        Assert.Equal(image.ToPng(), again.ToPng());
    }

    private static RgbImage Load(string name) => RgbImage.Load(Path.Combine(RepositoryPaths.Golden, "images", name + ".png"));
}
