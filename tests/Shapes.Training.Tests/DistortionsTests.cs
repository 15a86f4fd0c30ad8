using Shapes.Training.Training;
using static TorchSharp.torch;

namespace Shapes.Training.Tests;

public sealed class DistortionsTests
{
    [Fact]
    public void Every_picture_is_distorted_in_its_own_way_and_the_same_seed_does_it_again()
    {
        using var scope = NewDisposeScope();
        var pictures = new PictureSet(5, 8);
        var flawless = pictures.Pixels(0, 1).expand(8, -1, -1, -1).contiguous();

        var first = Distorted(7);
        var again = Distorted(7);
        var other = Distorted(8);

        Assert.Equal(flawless.shape, first.shape);
        Assert.True(first.equal(again).all().item<bool>());
        Assert.False(first.equal(other).all().item<bool>());
        Assert.InRange(first.abs().max().item<float>(), 0.5f, 1f);
        for (var i = 1; i < 8; i++) Assert.True((first[i] - first[0]).abs().mean().item<float>() > 0.01f, "Two copies of a picture came out alike.");
        // What is seen stays what it was: a bent picture resembles its original far more than an unrelated one does.
        Assert.True((first - flawless).abs().mean().item<float>() < 0.3f);

        Tensor Distorted(ulong seed)
        {
            using var generator = new Generator(seed, CPU);
            return Distortions.Apply(flawless, generator);
        }
    }
}
