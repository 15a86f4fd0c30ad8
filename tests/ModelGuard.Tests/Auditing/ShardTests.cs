using CsCheck;
using ModelGuard.Auditing;
using ModelGuard.Policies;
using ModelGuard.Tests.Policies;

namespace ModelGuard.Tests.Auditing;

public sealed class ShardTests
{
    private const string Text = """
        version: 1
        model: { base: b, output: o }
        scorer: s
        generation: { seeds: 4 }
        concepts:
          - { id: cat, action: remove, attribute: object, match: [cat, kitten], replaceWith: dog, prompts: ["a {concept}", "the {concept}", "one {concept}", "my {concept}"] }
          - { id: cow, action: remove, attribute: object, match: [cow], replaceWith: dog, prompts: ["a {concept}", "the {concept}"] }
        preserve: [a castle, a robot, a tree]
        gates:
          - { id: gone, metric: attack-success-rate, on: removed, max: 0.5 }
          - { id: changed, metric: image-change, on: removed, max: 0.5 }
          - { id: kept, metric: clip-score, on: preserved, maxDrop: 0.5 }
        """;

    private static readonly Policy Policy = PolicyText.Read(Text);

    [Theory]
    [InlineData("1/1", 1, 1)]
    [InlineData("3/4", 3, 4)]
    [InlineData("1000/1000", 1000, 1000)]
    public void A_shard_is_written_as_a_fraction(string text, int index, int count)
    {
        Assert.Equal(new Shard(index, count), Shard.Parse(text));
        Assert.Equal(text, new Shard(index, count).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("0/4")]
    [InlineData("5/4")]
    [InlineData("1/0")]
    [InlineData("1/1001")]
    [InlineData("-1/4")]
    [InlineData("1/4/4")]
    [InlineData(" 1/4")]
    [InlineData("one/two")]
    [InlineData("1/99999999999999999999")]
    public void What_names_no_part_is_no_shard(string text) => Assert.Null(Shard.Parse(text));

    [Fact]
    public void No_text_makes_the_parser_fail_or_a_shard_that_is_not_there() => Gen.String.Sample(text => Shard.Parse(text) is not { } shard || (shard.Index >= 1 && shard.Index <= shard.Count));

    [Fact]
    public void Every_unit_is_in_exactly_one_shard() => Gen.Int[1, 40].Sample(count =>
        AuditPlan.Of(Policy, 2).Units.All(u => Enumerable.Range(1, count).Count(i => new Shard(i, count).Holds(u)) == 1));

    [Fact]
    public void Units_keep_their_shard_when_the_policy_changes_around_them()
    {
        var other = PolicyText.Read(PolicyText.With("preserve: [a castle, a robot, a tree]", "preserve: [a tower, a tree, a castle, a robot]", Text));

        var before = AuditPlan.Of(Policy, 4).Units.Select(u => u.Digest).ToHashSet(StringComparer.Ordinal);
        var after = AuditPlan.Of(other, 4).Units.Select(u => u.Digest).ToHashSet(StringComparer.Ordinal);

        Assert.Equal(after.Count, before.Count + 1);
        Assert.Subset(after, before);
    }

    [Fact]
    public void A_plan_holds_batches_in_the_order_of_prompts_and_seeds_and_then_the_metrics_of_a_concept()
    {
        var cow = AuditPlan.Of(Policy, 3).Subjects[1];

        Assert.Equal(["3", "3", "2", "attack-success-rate"], cow.Units.Select(u => u.Metric ?? FormattableString.Invariant($"{u.Items.Length}")), StringComparer.Ordinal);
        Assert.Equal([("a cow", 0), ("a cow", 1), ("a cow", 2), ("a cow", 3), ("the cow", 0), ("the cow", 1), ("the cow", 2), ("the cow", 3)], cow.Units.SelectMany(u => u.Items).Select(i => (i.Prompt, (int)i.Seed)));
        Assert.Equal(8, cow.Pictures);
    }

    [Fact]
    public void Concepts_that_stand_twice_are_computed_once()
    {
        var twice = PolicyText.Read(PolicyText.With("a tree]", "a tree, a tree]", Text));

        Assert.Equal(AuditPlan.Of(Policy, 4).Units.Select(u => u.Digest), AuditPlan.Of(twice, 4).Units.Select(u => u.Digest), StringComparer.Ordinal);
    }
}
