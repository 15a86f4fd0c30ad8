using ModelGuard.Diffusion.Text;
using ModelGuard.Editing;
using ModelGuard.Policies;

namespace ModelGuard.Tests.Editing;

public sealed class EditPlanTests
{
    private static readonly CLIPTokenizer Tokenizer = CLIPTokenizer.Load(Path.Combine(Golden.Model("sd1-tiny"), "tokenizer"));

    [Theory]
    [InlineData("{}", "", "")]
    [InlineData("{} in the desert", "", "")]
    [InlineData("a painting of {} on the beach", "a painting of", "a painting of")]
    [InlineData("a painting in the style of {}", "a painting in the style of", "a painting in the style of")]
    [InlineData("{}, and then {}!", "van gogh, and then", "a dog, and then")]
    public void The_name_is_found_at_its_last_place_by_its_tokens(string template, string beforeOld, string beforeNew)
    {
        var plan = EditPlan.Create(SomeEdit.Policy(SomeEdit.LastSubject(1, template), [SomeEdit.Concept("van gogh", "a dog")]), Tokenizer);

        Assert.Equal((0, Count(beforeOld) + Count("van gogh")), Assert.Single(plan.OldPositions));
        Assert.Equal((0, Count(beforeNew) + Count("a dog")), Assert.Single(plan.NewPositions));
        Assert.Equal(Tokenizer.Encode(template.Replace("{}", "van gogh", StringComparison.Ordinal)), plan.OldIds[0]);
        Assert.Equal(Tokenizer.Encode(template.Replace("{}", "a dog", StringComparison.Ordinal)), plan.NewIds[0]);
    }

    [Fact]
    public void From_the_name_to_the_end_the_rows_are_those_of_the_alignment()
    {
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(1, "a {} here") with { Tokens = TokenSelection.SubjectToEnd }, [SomeEdit.Concept("van gogh", "dog")]);

        var plan = EditPlan.Create(policy, Tokenizer);

        int name = Count("van gogh"), target = Count("dog"), a = Count("a");
        var pairs = SubjectAlignment.Align(a + name, name, a + target, target, 77, a + name + Count("here") + 1, toEnd: true);
        Assert.Equal(pairs.Select(p => (0, p.Old)), plan.OldPositions);
        Assert.Equal(pairs.Select(p => (0, p.New)), plan.NewPositions);
    }

    [Fact]
    public void Preserved_names_take_part_up_to_the_end_of_every_sentence_and_with_some_of_its_padding()
    {
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(1, "{}", "a {}"), [SomeEdit.Concept("van gogh", "dog")], SomeEdit.Preserved("cat"), SomeEdit.Preserved("a cat"));

        var plan = EditPlan.Create(policy, Tokenizer);

        Assert.Equal(new[] { "a a cat", "a cat", "cat" }.Select(s => Tokenizer.Encode(s).ToArray()).Order(Sequences.Instance), plan.PreservedIds.Order(Sequences.Instance));
        Assert.All(plan.PreservedIds, (ids, prompt) =>
        {
            var end = Array.IndexOf(ids, Tokenizer.EosId);
            Assert.Equal([.. Enumerable.Range(0, end + 1), end + 1, end + 2, end + 4, end + 8, end + 16, end + 32, end + 64], plan.PreservedPositions.Where(p => p.Prompt == prompt).Select(p => p.Position));
        });
    }

    [Fact]
    public void Very_many_names_take_turns_in_the_sentences_and_each_sentence_of_a_target_is_there_once()
    {
        string[] templates = ["{}", "a {}", "a photo of {}", "an image of {}", "the {} here"];
        Concept[] concepts = [.. Enumerable.Range(0, 900).Select(i => SomeEdit.Concept($"{Word(i % 30)} {Word(i / 30)}", i % 2 == 0 ? "a dog" : "a cat") with { Id = $"c{i}" })];
        var edit = SomeEdit.LastSubject(1, [.. templates]) with { Contexts = 24 };

        var plan = EditPlan.Create(SomeEdit.Policy(edit, [.. concepts]), Tokenizer);
        var other = EditPlan.Create(SomeEdit.Policy(edit, [.. concepts.Reverse()]), Tokenizer);

        // One of the contexts is the name alone, which the first template is already.
        Assert.InRange(plan.OldIds.Length, (2 * 900) - (900 / 20), 2 * 900);
        var sentences = plan.OldIds.Select(ids => string.Join(' ', ids)).ToHashSet(StringComparer.Ordinal);
        Assert.All(concepts, c => Assert.Contains(string.Join(' ', Tokenizer.Encode(c.Match[0])), sentences));
        // Each template and each context, with either target.
        Assert.InRange(plan.NewIds.Length, 2 * (templates.Length + 20), 2 * (templates.Length + 24));
        Assert.Equal(plan.NewIds.Length, plan.NewIds.Select(ids => string.Join(' ', ids)).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(plan.OldIds.Select(i => string.Join(' ', i)), other.OldIds.Select(i => string.Join(' ', i)), StringComparer.Ordinal);
        Assert.Equal(plan.NewPositions, other.NewPositions);

        // Words of the tiny vocabulary have no meaning; what matters is that no two names are the same.
        static string Word(int i) => $"{(char)('a' + (i % 26))}{(char)('a' + (i / 26))}o";
    }

    // 75 tokens fit between begin and end; 'a' is one token.
    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(60, false)]
    public void A_name_that_is_cut_off_is_refused(int tooMany, bool fits)
    {
        var filler = string.Join(' ', Enumerable.Repeat("a", 75 - Count("van gogh") + tooMany));
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(1, filler + " {}"), [SomeEdit.Concept("van gogh", "dog")]);

        if (fits)
        {
            Assert.Equal((0, 75), Assert.Single(EditPlan.Create(policy, Tokenizer).OldPositions));
            return;
        }

        var error = Assert.Throws<EditException>(() => EditPlan.Create(policy, Tokenizer));
        Assert.Equal("MG1002", error.Code);
        Assert.Contains("'van gogh'", error.Message, StringComparison.Ordinal);
        Assert.Contains("it reads 77 tokens", error.Message, StringComparison.Ordinal);
    }

    private static int Count(string text) => Tokenizer.TokenizeToIds(text).Length;

    private sealed class Sequences : IComparer<long[]>
    {
        public static readonly Sequences Instance = new();

        public int Compare(long[]? x, long[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
