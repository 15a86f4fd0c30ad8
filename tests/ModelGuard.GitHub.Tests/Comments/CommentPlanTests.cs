using CsCheck;
using ModelGuard.GitHub.Comments;

namespace ModelGuard.GitHub.Tests.Comments;

public sealed class CommentPlanTests
{
    [Fact]
    public void The_oldest_stays_whatever_their_order_and_all_others_go() => Gen.Int[0, 5].Array[0, 8].Sample(days =>
    {
        var comments = days.Select((day, i) => Comment(i, day, "text")).ToArray();

        var plan = CommentPlan.Create(comments, "text");

        Assert.Equal(comments.Order(Comparer<OwnComment>.Create((a, b) => (a.CreatedAt, a.Id).CompareTo((b.CreatedAt, b.Id)))).FirstOrDefault(), plan.Canonical);
        Assert.Equal(Math.Max(0, comments.Length - 1), plan.Doubles.Length);
        Assert.DoesNotContain(plan.Canonical, plan.Doubles);
    });

    [Theory]
    [InlineData("a\nb\n", true)]
    [InlineData("a\r\nb", true)]
    [InlineData("a\nb\nc", false)]
    [InlineData("a b", false)]
    public void Line_ends_and_the_end_of_a_text_do_not_count(string found, bool isCurrent) => Assert.Equal(isCurrent, CommentPlan.Create([Comment(1, 0, found)], "a\nb\n").IsCurrent);

    private static OwnComment Comment(long id, int day, string body) => new(id, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(day), body);
}
