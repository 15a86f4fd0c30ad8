using ModelGuard.Diffusion.Text;
using ModelGuard.Tracing;

namespace ModelGuard.Tests.Tracing;

public sealed class TracedPromptTests
{
    private static readonly CLIPTokenizer Tokenizer = CLIPTokenizer.Load(Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "model", "tokenizer"));

    [Fact]
    public void Every_token_has_a_row_and_a_role_and_padding_is_one_row()
    {
        var prompt = TracedPrompt.Create("a red circle in the style of van gogh today", "van gogh", Tokenizer);

        Assert.Equal(
            "<|startoftext|> Before, a Before, red Before, circle Before, in Before, the Before, style Before, of Before, van Subject, gogh LastSubject, today After, <|endoftext|> End, padding Padding, all All",
            string.Join(", ", prompt.Rows.Select(r => $"{r.Label} {r.Role}")));
        Assert.Equal([8, 9], prompt.SubjectPositions);
        Assert.Equal(Enumerable.Range(12, 12), prompt.Rows.Single(r => r.Role == TokenRole.Padding).Positions);
        Assert.Equal(Enumerable.Range(8, 16), prompt.Rows.Single(r => r.Role == TokenRole.All).Positions);
    }

    [Fact]
    public void Every_occurrence_of_the_subject_is_noised_and_the_last_one_counts()
    {
        var prompt = TracedPrompt.Create("a star in a star", "star", Tokenizer);

        Assert.Equal([2, 5], prompt.SubjectPositions);
        Assert.Equal([2], prompt.Rows.Where(r => r.Role == TokenRole.Subject).SelectMany(r => r.Positions));
        Assert.Equal([5], prompt.Rows.Where(r => r.Role == TokenRole.LastSubject).SelectMany(r => r.Positions));
    }

    [Theory]
    [InlineData("a red star", "moon")]
    [InlineData("a red red red red red red red red red red red red red red red red red red red red red red red red star", "star")]
    [InlineData("a red star", "")]
    public void A_subject_that_the_encoder_does_not_see_is_refused_by_name(string prompt, string subject)
    {
        var error = Assert.Throws<TraceException>(() => TracedPrompt.Create(prompt, subject, Tokenizer));

        Assert.Equal("MG1101", error.Code);
        Assert.Contains($"'{subject}'", error.Message, StringComparison.Ordinal);
        Assert.Contains($"'{prompt}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_donors_positions_are_those_of_the_same_role()
    {
        var mine = TracedPrompt.Create("a painting by van gogh", "van gogh", Tokenizer);
        var donor = TracedPrompt.Create("a painting by hokusai", "hokusai", Tokenizer);
        int last = mine.SubjectPositions[^1], donorLast = donor.SubjectPositions[^1];

        Assert.Equal(donorLast, mine.Match(donor, last));
        Assert.Equal(donorLast + 1, mine.Match(donor, last + 1));
        Assert.Equal(mine.Ids.Length - 1, mine.Match(donor, mine.Ids.Length - 1) + (last - donorLast));
    }

    [Fact]
    public void A_token_is_described_as_people_read_it()
    {
        Assert.Equal("<|endoftext|>", Tokenizer.Describe(Tokenizer.EosId));
        Assert.Equal("star", Tokenizer.Describe(Assert.Single(Tokenizer.TokenizeToIds("star"))));
        // Bytes without a letter of their own: é is two of them in this vocabulary.
        Assert.All(Tokenizer.TokenizeToIds("é"), id => Assert.Equal("\uFFFD", Tokenizer.Describe(id)));
        Assert.Equal("", Tokenizer.Describe(999_999));
    }
}
