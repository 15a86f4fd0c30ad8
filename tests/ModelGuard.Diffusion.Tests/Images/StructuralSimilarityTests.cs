using ModelGuard.Diffusion.Images;

namespace ModelGuard.Diffusion.Tests.Images;

public sealed class StructuralSimilarityTests
{
    // By a second implementation (Python) that weighs each window by itself, with variances around its own means, as the paper writes them.
    [Theory]
    [InlineData(1, 0.09691504149309176)]
    [InlineData(2, -0.04057166967446137)]
    [InlineData(3, 0.06944030838391314)]
    public void It_is_what_the_paper_says(int other, double expected) =>
        Assert.Equal(expected, StructuralSimilarity.Of(Picture(24, 17, 0), Picture(24, 17, other)), 12);

    [Fact]
    public void Equal_pictures_have_exactly_1_and_order_does_not_matter()
    {
        var (first, second) = (Picture(24, 17, 1), Picture(24, 17, 2));

        Assert.Equal(1, StructuralSimilarity.Of(first, first));
        Assert.Equal(StructuralSimilarity.Of(first, second), StructuralSimilarity.Of(second, first), 15);
        Assert.Equal(1, StructuralSimilarity.Of(Flat(0), Flat(0)));
        // Flat pictures differ in luminance alone: (2·0·255 + C₁) ÷ (0² + 255² + C₁).
        Assert.Equal(0.01 * 0.01 / (1 + (0.01 * 0.01)), StructuralSimilarity.Of(Flat(0), Flat(255)), 12);

        static RgbImage Flat(byte value) => new(16, 16, [.. Enumerable.Repeat(value, 16 * 16 * 3)]);
    }

    [Theory]
    [InlineData(8, 8)]
    [InlineData(1, 5)]
    public void A_picture_smaller_than_the_window_is_compared_in_the_largest_that_fits(int width, int height)
    {
        Assert.Equal(1, StructuralSimilarity.Of(Picture(width, height, 3), Picture(width, height, 3)));
        Assert.InRange(StructuralSimilarity.Of(Picture(width, height, 3), Picture(width, height, 4)), -1, 0.999);
    }

    [Fact]
    public void Pictures_of_two_sizes_are_refused() =>
        Assert.Contains("24 × 17 and 17 × 24", Assert.Throws<ArgumentException>(() => StructuralSimilarity.Of(Picture(24, 17, 1), Picture(17, 24, 1))).Message, StringComparison.Ordinal);

    /// <summary>byte i is (i·i·31 + i·(17 + 40·kind) + kind·91) mod 256: easy to make elsewhere.</summary>
    private static RgbImage Picture(int width, int height, int kind) =>
        new(width, height, [.. Enumerable.Range(0, width * height * 3).Select(i => (byte)(((i * i * 31) + (i * (17 + (40 * kind))) + (kind * 91)) % 256))]);
}
