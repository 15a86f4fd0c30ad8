using ModelGuard.Checkpoints.Conversion;

namespace ModelGuard.Checkpoints.Tests.Conversion;

public sealed class RoundTripTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Models => ["sd1-tiny", "sd2-tiny", "sdxl-tiny"];

    [Theory]
    [MemberData(nameof(Models))]
    public void A_folder_is_the_same_folder_after_it_was_a_file(string name)
    {
        var source = GoldenModel.Find(name);

        CheckpointConverter.ToSingleFile(Checkpoint.Open(source), folder["model.safetensors"]);
        var result = CheckpointConverter.ToFolder(SingleFileCheckpoint.Open(folder["model.safetensors"], new CheckpointOptions { Companion = Tokenizers(source) }), folder["again"]);

        Assert.Equal(Files(source), Files(folder["again"]));
        Assert.Equal(Files(folder["again"]).Keys, result.Files, StringComparer.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_file_gives_every_tensor_of_the_folder_by_name_with_the_same_bits(string name)
    {
        var source = Checkpoint.Open(GoldenModel.Find(name));
        CheckpointConverter.ToSingleFile(source, folder["model.safetensors"]);

        var file = Checkpoint.Open(folder["model.safetensors"]);

        Assert.Equal(source.Family, file.Family);
        Assert.Equal(source.TextEncoders, file.TextEncoders);
        Assert.Equal(source.SchedulerConfig.Json, file.SchedulerConfig.Json);
        foreach (var component in source.TextEncoders.Select(e => e.Component).Append("unet").Append("vae"))
        {
            Assert.Equal(source.Component(component).Config.Json, file.Component(component).Config.Json);
            Assert.Equal(GoldenModel.Contents(source.Component(component)), GoldenModel.Contents(file.Component(component)));
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_file_is_the_same_file_after_it_was_a_folder(string name)
    {
        var source = GoldenModel.Find(name);
        var original = OriginalFile.Write(source, folder["original.safetensors"]);
        var options = new CheckpointOptions { Companion = source };

        CheckpointConverter.ToFolder(SingleFileCheckpoint.Open(original, options), folder["folder"]);
        CheckpointConverter.ToSingleFile(Checkpoint.Open(folder["folder"]), folder["again.safetensors"], like: original);

        Assert.Equal(File.ReadAllBytes(original), File.ReadAllBytes(folder["again.safetensors"]));
    }

    public void Dispose() => folder.Dispose();

    // What the file cannot give, and nothing else: the rest must come from the file itself.
    private string Tokenizers(string source)
    {
        foreach (var tokenizer in Directory.EnumerateDirectories(source, "tokenizer*"))
        {
            Directory.CreateDirectory(Path.Combine(folder["tokenizers"], Path.GetFileName(tokenizer)));
            foreach (var file in Directory.EnumerateFiles(tokenizer)) File.Copy(file, Path.Combine(folder["tokenizers"], Path.GetFileName(tokenizer), Path.GetFileName(file)));
        }

        return folder["tokenizers"];
    }

    private static SortedDictionary<string, string> Files(string root) => new(Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
        .ToDictionary(f => Path.GetRelativePath(root, f).Replace('\\', '/'), f => Convert.ToHexString(Digests.Sha256OfFile(f)), StringComparer.Ordinal), StringComparer.Ordinal);
}
