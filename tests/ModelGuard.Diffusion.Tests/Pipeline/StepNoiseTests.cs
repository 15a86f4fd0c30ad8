using ModelGuard.Diffusion.Pipeline;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Pipeline;

public sealed class StepNoiseTests
{
    private static readonly GenerationSettings Small = new() { Steps = 4, Width = 32, Height = 32 };

    [Theory]
    [InlineData("euler-a", 0.0)]
    [InlineData("ddim", 1.0)]
    public void A_picture_does_not_depend_on_the_batch_it_is_made_in(string scheduler, double eta)
    {
        using var scope = NewDisposeScope();
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
        var settings = Small with { Scheduler = scheduler, Eta = eta };
        // More than one batch: the scheduler begins anew in each.
        GenerationItem[] items = [.. Enumerable.Range(0, 34).Select(i => new GenerationItem("a cat", i))];

        GeneratedPicture[] all = [.. pipeline.Generate(items, settings)];

        foreach (var place in new[] { 1, 33 })
        {
            var alone = Assert.Single(pipeline.Generate([items[place]], settings));
            AssertAlike(all[place].Latents, alone.Latents);
        }

        Assert.True(Distance(all[0].Latents, all[1].Latents) > 0.1, "Pictures of different seeds are alike.");
    }

    [Theory]
    [InlineData("euler-a", 0.0)]
    [InlineData("ddim", 0.5)]
    public void A_seed_gives_the_same_picture_again_and_its_noise_follows_the_initial_latents(string scheduler, double eta)
    {
        using var scope = NewDisposeScope();
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
        var settings = Small with { Scheduler = scheduler, Eta = eta };
        using var generator = new Generator(7, CPU);
        var latents = randn([1, 4, 4, 4], generator: generator);

        var first = Assert.Single(pipeline.Generate([new("a cat", 7)], settings));
        var again = Assert.Single(pipeline.Generate([new("a cat", 7)], settings));
        var given = Assert.Single(pipeline.Generate([new("a cat", 7)], settings, latents));
        var other = Assert.Single(pipeline.Generate([new("a cat", 8)], settings, latents));

        Assert.Equal(first.Latents.data<float>().ToArray(), again.Latents.data<float>().ToArray());
        // With given latents the seed's generator has drawn nothing before the steps, as in diffusers.
        Assert.True(Distance(first.Latents, given.Latents) > 0.01, "The steps drew the initial latents again.");
        Assert.True(Distance(given.Latents, other.Latents) > 0.01, "The seed has no say in the noise of the steps.");
    }

    // Rounding grows with the values, as the golden data's tolerance does.
    private static void AssertAlike(Tensor expected, Tensor actual)
    {
        var (distance, largest) = (Distance(expected, actual), expected.abs().max().item<float>());
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"worst {distance:0.0e+0} of {largest:0.0}"));
        Assert.InRange(distance, 0, 1e-4 * Math.Max(1, largest / 10));
    }

    private static double Distance(Tensor one, Tensor other) => (one - other).abs().max().item<float>();
}
