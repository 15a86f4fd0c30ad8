using ModelGuard.Auditing;
using ModelGuard.Checkpoints;

namespace ModelGuard.Tests.Auditing;

public sealed class ModelContentTests
{
    [Theory]
    [InlineData("README.md", false)]
    [InlineData("safety_checker/config.json", false)]
    [InlineData("unet/config.json", true)]
    [InlineData("text_encoder/note.txt", true)]
    [InlineData("tokenizer/vocab.json", true)]
    [InlineData("vae/config.json", true)]
    [InlineData("scheduler/scheduler_config.json", true)]
    [InlineData("model_index.json", true)]
    public void Pictures_depend_on_networks_tokenizers_scheduler_and_index_alone(string file, bool depends)
    {
        using var folder = TemporaryFolder.CopyOf(Golden.Model("sd1-tiny"));
        var before = Digest(folder.Path);

        Directory.CreateDirectory(Path.GetDirectoryName(folder[file])!);
        File.AppendAllText(folder[file], " ");

        Assert.Equal(depends, before != Digest(folder.Path));
    }

    [Fact]
    public void Another_variant_is_another_model() => Assert.NotEqual(Digest(Golden.Model("sd1-tiny")), Digest(Golden.Model("sd1-tiny"), "fp16"), StringComparer.Ordinal);

    private static string Digest(string folder, string? variant = null) => ModelContent.Digest(Checkpoint.Open(folder), Digests.Files(folder), variant);
}
