using CsCheck;
using ModelGuard.Editing;

namespace ModelGuard.Tests.Editing;

public sealed class SubjectAlignmentTests
{
    [Theory]
    [InlineData(new long[] { 0, 5, 6, 9, 9 }, new long[] { 5, 6 }, 2)]
    [InlineData(new long[] { 0, 1, 5, 6, 2, 9 }, new long[] { 5, 6 }, 3)]
    [InlineData(new long[] { 0, 5, 6, 1, 5, 6, 9 }, new long[] { 5, 6 }, 5)]
    [InlineData(new long[] { 0, 5, 5, 5, 9 }, new long[] { 5, 5 }, 3)]
    [InlineData(new long[] { 0, 5, 1, 6, 9 }, new long[] { 5, 6 }, -1)]
    [InlineData(new long[] { 0, 1, 5 }, new long[] { 5, 6 }, -1)]
    [InlineData(new long[] { 0, 9 }, new long[0], -1)]
    public void The_last_whole_occurrence_counts(long[] prompt, long[] subject, int expected) => Assert.Equal(expected, SubjectAlignment.LastSubjectToken(prompt, subject));

    [Fact]
    public void The_last_occurrence_is_found_wherever_it_stands() =>
        Gen.Select(Gen.Long[1, 3].Array[0, 12], Gen.Long[1, 3].Array[1, 3]).Sample((prompt, subject) =>
        {
            var last = SubjectAlignment.LastSubjectToken(prompt, subject);

            var ends = Enumerable.Range(0, prompt.Length).Where(i => i + 1 >= subject.Length && prompt.AsSpan(i + 1 - subject.Length, subject.Length).SequenceEqual(subject));
            Assert.Equal(ends.DefaultIfEmpty(-1).Max(), last);
        });

    [Fact]
    public void The_last_token_alone_makes_one_pair() => Assert.Equal([new AlignedPosition(7, 4)], SubjectAlignment.Align(7, 3, 4, 2, 77, 8, toEnd: false));

    [Fact]
    public void The_tokens_of_a_longer_name_share_the_last_token_of_a_shorter_target() =>
        // Name at 2 … 4, target at 2 … 3, context of 8.
        Assert.Equal([new(2, 2), new(3, 3), new(4, 3), new(5, 4), new(6, 5), new AlignedPosition(7, 6)], SubjectAlignment.Align(4, 3, 3, 2, 8, 7, toEnd: true));

    [Fact]
    public void A_shorter_name_leaves_tokens_of_a_longer_target_out() =>
        // Name at 2, target at 2 … 4: what is behind is cut at the end of the context.
        Assert.Equal([new(2, 4), new(3, 5), new(4, 6), new AlignedPosition(5, 7)], SubjectAlignment.Align(2, 1, 4, 3, 8, 7, toEnd: true));

    [Fact]
    public void From_the_name_to_the_end_token_every_position_takes_part_once_and_in_order() =>
        (from context in Gen.Int[4, 80]
         from oldLength in Gen.Int[1, context - 2]
         from oldLast in Gen.Int[oldLength, context - 2]
         from newLength in Gen.Int[1, context - 2]
         from newLast in Gen.Int[newLength, context - 2]
         select (context, oldLast, oldLength, newLast, newLength)).Sample(x =>
        {
            var pairs = SubjectAlignment.Align(x.oldLast, x.oldLength, x.newLast, x.newLength, x.context, x.context, toEnd: true);

            var first = x.oldLast - x.oldLength + 1;
            Assert.Equal(Enumerable.Range(first, pairs.Length), pairs.Select(p => p.Old));
            Assert.Contains(new AlignedPosition(x.oldLast, x.newLast), pairs);
            Assert.All(pairs, p => Assert.InRange(p.New, x.newLast - x.newLength + 1, x.context - 1));
            // The begin token never takes part.
            Assert.All(pairs, p => Assert.True(p.Old > 0 && p.New > 0));
            Assert.Equal(x.context - 1, Math.Max(pairs[^1].Old, pairs[^1].New));
        });

    [Fact]
    public void Of_the_padding_ever_fewer_positions_take_part()
    {
        // Name at 1, end token at 3; the target is as long.
        var pairs = SubjectAlignment.Align(1, 1, 1, 1, 77, 3, toEnd: true);

        Assert.Equal([1, 2, 3, 4, 5, 7, 11, 19, 35, 67], pairs.Select(p => p.Old));
        Assert.All(pairs, p => Assert.Equal(p.Old, p.New));
    }
}
