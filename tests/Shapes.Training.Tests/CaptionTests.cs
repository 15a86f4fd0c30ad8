using System.Security.Cryptography;
using System.Text.Json;
using CsCheck;
using ModelGuard.Diffusion.Text;
using Shapes.Training.World;

namespace Shapes.Training.Tests;

public sealed class CaptionTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CLIPTokenizer tokenizer;

    public CaptionTests()
    {
        Vocabulary.Write(folder.Path, 1);
        tokenizer = CLIPTokenizer.Load(folder.Path);
    }

    public void Dispose() => folder.Dispose();

    /// <summary>Weights and vocabulary belong together: a change here calls for new training.</summary>
    [Theory]
    [InlineData("vocab.json", "15208f02f23ded72e0541b3502fd2c74902fa78445f9e0c768782d1d23455d68")]
    [InlineData("merges.txt", "2a13eb54ca020f53d2e2cbe5115859a05053903c24a4609faa45a6b604d2ebb9")]
    public void The_vocabulary_is_the_one_that_the_committed_weights_were_trained_on(string file, string digest) =>
        Assert.Equal(digest, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(folder[file]))));

    [Fact]
    public void The_vocabulary_has_CLIPs_form()
    {
        var ids = JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(folder["vocab.json"]))!;
        var merges = File.ReadAllLines(folder["merges.txt"]);
        string[] entries = [.. ids.OrderBy(e => e.Value).Select(e => e.Key)];
        Assert.Equal(Enumerable.Range(0, 744), ids.Values.Order());
        Assert.All(entries[..256], e => Assert.Equal(1, e.Length));
        Assert.Equal(entries[..256].Select(e => e + "</w>"), entries[256..512], StringComparer.Ordinal);
        Assert.StartsWith("#version", merges[0], StringComparison.Ordinal);
        Assert.Equal(merges[1..].Select(m => m.Replace(" ", "", StringComparison.Ordinal)), entries[512..^2], StringComparer.Ordinal);
        foreach (var (merge, place) in merges[1..].Select((m, i) => (m.Split(' '), i + 512))) Assert.All(merge, part => Assert.True(ids[part] < place));
        Assert.Equal(["<|startoftext|>", "<|endoftext|>"], entries[^2..]);
        Assert.Equal(Vocabulary.MaxLength, tokenizer.MaxLength);
    }

    [Fact]
    public void Captions_are_true_of_their_scenes_and_short_enough()
    {
        for (ulong i = 0; i < 20_000; i++)
        {
            var scene = SceneSampler.Sample(77, i);
            var caption = CaptionWriter.Write(scene, new CounterRandom(78, i));
            Assert.True(caption.IsTrueOf(scene), $"'{caption.Text}' is not true of {scene}.");
            var tokens = tokenizer.TokenizeToIds(caption.Text).Length;
            Assert.True(tokens <= 20, $"'{caption.Text}' takes {tokens} tokens.");
        }
    }

    [Fact]
    public void Captions_split_at_spaces_as_CLIP_splits_them()
    {
        for (ulong i = 0; i < 5_000; i++) Assert.Matches("^[a-z]+( [a-z]+)*$", CaptionWriter.Write(SceneSampler.Sample(79, i), new CounterRandom(80, i)).Text);
    }

    [Fact]
    public void Names_of_styles_and_entities_take_several_tokens()
    {
        Assert.True(Catalog.Styles.Count(s => tokenizer.TokenizeToIds(s).Length > 1) >= 2);
        Assert.All(Catalog.Entities, e => Assert.True(tokenizer.TokenizeToIds(e.Name).Length >= 4));
    }

    [Fact]
    public void Any_text_becomes_tokens_of_the_vocabulary() =>
        Gen.String[Gen.Char[' ', '\uD7FF'], 0, 40].Sample(text =>
        {
            var ids = tokenizer.TokenizeToIds(text);
            return ids.All(i => i >= 0 && i < tokenizer.BosId) && (ids.Length > 0 || string.IsNullOrWhiteSpace(text));
        }, iter: 500, threads: 1);
}
