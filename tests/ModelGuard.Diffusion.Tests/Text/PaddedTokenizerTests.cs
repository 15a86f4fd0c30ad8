using ModelGuard.Diffusion.Text;

namespace ModelGuard.Diffusion.Tests.Text;

public sealed class PaddedTokenizerTests
{
    [Fact]
    public void The_made_up_tokenizer_of_the_benchmarks_is_a_whole_one_of_the_real_ones_size()
    {
        using var folder = new TemporaryFolder();

        var tokenizer = CLIPTokenizer.Load(PaddedTokenizer.Write(folder["tokenizer"]));

        Assert.Equal(PaddedTokenizer.Entries, tokenizer.VocabSize);
        Assert.Equal("a house by the sea", tokenizer.Decode(tokenizer.TokenizeToIds("a house by the sea")));
    }
}
