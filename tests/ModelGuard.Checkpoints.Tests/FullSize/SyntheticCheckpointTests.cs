using ModelGuard.Testing.FullSize;

namespace ModelGuard.Checkpoints.Tests.FullSize;

/// <summary>The synthesised checkpoints have the names and sizes of the published ones: benchmarks on them mean something.</summary>
public sealed class SyntheticCheckpointTests
{
    [Theory]
    [InlineData("sd1-tiny", "text_encoder", "unet", "vae")]
    [InlineData("sd2-tiny", "text_encoder", "unet", "vae")]
    [InlineData("sdxl-tiny", "text_encoder", "text_encoder_2", "unet", "vae")]
    public void Names_and_shapes_derived_from_a_config_are_those_that_the_reference_wrote(string model, params string[] components)
    {
        var folder = GoldenModel.Find(model);
        foreach (var component in components)
        {
            using var weights = Component.OfFolder(Path.Combine(folder, component)).OpenWeights();

            Assert.Equal(
                weights.Tensors.Select(t => FormattableString.Invariant($"{t.Name} [{string.Join(", ", t.Shape)}]")).Order(StringComparer.Ordinal),
                SyntheticCheckpoint.Shapes(Path.Combine(folder, component, "config.json")).Select(t => FormattableString.Invariant($"{t.Name} [{string.Join(", ", t.Shape)}]")).Order(StringComparer.Ordinal));
        }
    }

    // The published numbers of parameters.
    [Theory]
    [InlineData("sd15", "unet", 859_520_964)]
    [InlineData("sd15", "text_encoder", 123_060_480)]
    [InlineData("sd15", "vae", 83_653_863)]
    [InlineData("sd21", "unet", 865_910_724)]
    [InlineData("sd21", "text_encoder", 340_387_840)]
    [InlineData("sdxl", "unet", 2_567_463_684)]
    [InlineData("sdxl", "text_encoder", 123_060_480)]
    [InlineData("sdxl", "text_encoder_2", 694_659_840)]
    public void A_component_has_as_many_parameters_as_the_published_one(string model, string component, long expected) =>
        Assert.Equal(expected, SyntheticCheckpoint.Shapes(Path.Combine(SyntheticCheckpoint.Configs(model), component, "config.json")).Sum(s => s.Count));

    [Fact]
    public void A_sparse_checkpoint_of_full_size_opens_without_being_read()
    {
        using var folder = new TemporaryFolder();
        SyntheticCheckpoint.Write(folder.Path, "sdxl", TensorDataType.F16, isSparse: true, tokenizer: null);

        var checkpoint = Checkpoint.Open(folder.Path);

        using ComponentWeights unet = checkpoint.Component("unet").OpenWeights(), second = checkpoint.Component("text_encoder_2").OpenWeights();
        Assert.Equal(2_567_463_684L * 2, unet.Tensors.Sum(t => t.ByteLength));
        Assert.Equal([1280, 1280], second.Get("text_projection.weight").Shape);
        Assert.Equal(["text_encoder", "text_encoder_2"], checkpoint.TextEncoders.Select(e => e.Component), StringComparer.Ordinal);
    }
}
