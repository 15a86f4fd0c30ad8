using ModelGuard.Diffusion.Text;
using ModelGuard.Editing.Captions;
using ModelGuard.Policies;

namespace ModelGuard.Tests.Editing.Captions;

public sealed class CaptionWriterTests
{
    private static readonly CLIPTokenizer Shapes = CLIPTokenizer.Load(Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "model", "tokenizer"));
    private static readonly Policy Sample = PolicyReader.Read(Path.Combine(RepositoryPaths.Root, "policies", "shapes.yaml")).Policy!;

    [Fact]
    public void Captions_of_the_sample_look_like_this()
    {
        var writer = new CaptionWriter(Lexicon.Of(Sample, Shapes));

        Snapshot.Verify(string.Join('\n', [
            .. writer.Ordinary(24),
            .. Enum.GetValues<AttributeKind>().SelectMany(kind => writer.Contexts(kind, 8).Select(c => $"{kind}: {c}")),
        ]));
    }

    [Theory]
    [InlineData(AttributeKind.Object)]
    [InlineData(AttributeKind.Style)]
    [InlineData(AttributeKind.Color)]
    [InlineData(AttributeKind.Action)]
    [InlineData(AttributeKind.Fact)]
    public void A_context_has_one_place_for_the_name_and_names_nothing_that_is_edited(AttributeKind kind)
    {
        var contexts = new CaptionWriter(Lexicon.Of(Sample, Shapes)).Contexts(kind, 200);

        Assert.True(contexts.Length >= (kind == AttributeKind.Fact ? 30 : 150), $"{contexts.Length} contexts.");
        Assert.Equal(contexts.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), contexts, StringComparer.Ordinal);
        Assert.All(contexts, c => Assert.Equal(2, c.Split("{}").Length));
        Assert.All(contexts, c => Assert.DoesNotContain(Sample.Concepts.SelectMany(x => x.Match), name => $" {c} ".Contains($" {name} ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("a {} heart", "orange", "an orange heart")]
    [InlineData("a {} heart", "red", "a red heart")]
    [InlineData("a photo of a {}", "apple", "a photo of an apple")]
    [InlineData("an image in the style of {}", "a plain drawing", "an image in the style of a plain drawing")]
    public void The_article_follows_the_name(string context, string name, string expected) => Assert.Equal(expected, CaptionWriter.Fill(context, name));

    [Fact]
    public void Words_that_the_vocabulary_takes_to_pieces_are_no_ordinary_words()
    {
        var lexicon = Lexicon.Of(SomeEdit.Policy(SomeEdit.LastSubject(1), [SomeEdit.Concept("red", "blue")]), Shapes);

        Assert.Contains("star", lexicon[AttributeKind.Object], StringComparer.Ordinal);
        Assert.DoesNotContain("castle", lexicon[AttributeKind.Object], StringComparer.Ordinal);
        Assert.Contains("green", lexicon[AttributeKind.Color], StringComparer.Ordinal);
        Assert.DoesNotContain("red", lexicon[AttributeKind.Color], StringComparer.Ordinal);
        Assert.Empty(lexicon[AttributeKind.Fact]);
    }

    [Fact]
    public void Parts_of_a_removed_name_are_ordinary_words_and_never_stand_together_as_that_name()
    {
        var writer = new CaptionWriter(Lexicon.Of(SomeEdit.Policy(SomeEdit.LastSubject(1), [SomeEdit.Concept("red star", "blue star")]), Shapes));

        string[] sentences = [.. writer.Ordinary(2000), .. writer.Contexts(AttributeKind.Style, 500)];

        Assert.Contains(sentences, s => s.Contains("red ", StringComparison.Ordinal));
        Assert.Contains(sentences, s => s.Contains("blue star", StringComparison.Ordinal));
        Assert.DoesNotContain(sentences, s => s.Contains("red star", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void With_the_vocabulary_of_clip_there_are_hundreds_of_ordinary_captions()
    {
        var folder = Path.Combine(RepositoryPaths.Shared, "golden", "tokenizer");
        Assert.SkipUnless(Directory.Exists(folder), "The vocabulary of CLIP is not in shared/golden beside the repository.");

        var lexicon = Lexicon.Of(SomeEdit.Policy(SomeEdit.LastSubject(1), [SomeEdit.Concept("van gogh", "a painting")]), CLIPTokenizer.Load(folder));

        Assert.True(lexicon[AttributeKind.Object].Length > 150, $"{lexicon[AttributeKind.Object].Length} things.");
        Assert.Equal(1000, new CaptionWriter(lexicon).Ordinary(1000).Length);
    }
}
