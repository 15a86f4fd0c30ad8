using System.Collections.Immutable;
using ModelGuard.Editing;
using ModelGuard.Editing.Hardening;
using ModelGuard.Policies;

namespace ModelGuard.Tests.Editing;

public sealed class HardenedEditTests
{
    private static readonly EditSection Plain = SomeEdit.LastSubject(0.01, "{}", "a {}") with { Tokens = TokenSelection.SubjectToEnd };

    [Fact]
    public void What_attacks_find_goes_into_the_system_and_the_edit_is_solved_again()
    {
        var rounds = new List<HardeningRound>();

        var plain = Solve(Plain, null);
        var hardened = Solve(Plain with { Harden = 2 }, rounds.Add);

        Assert.NotEmpty(rounds);
        Assert.Equal([1, 2], rounds.Select(r => r.Number));
        Assert.All(rounds, r => Assert.Equal(HardeningOutcome.Solved, r.Outcome));
        Assert.All(rounds, r => Assert.True(r.Searched == 2 && r.Found.Keys.Contains("soft-prompt", StringComparer.Ordinal) && r.Found.Values.All(n => n is > 0 and <= 2)));
        var added = Assert.Single(hardened).Facts.Constraints - Assert.Single(plain).Facts.Constraints;
        Assert.True(added >= rounds.Sum(r => r.Found.Values.Sum()), $"Only {added} rows were added.");
        Assert.False(plain[0].Facts.DigestAfter == hardened[0].Facts.DigestAfter);
    }

    [Fact]
    public void The_same_policy_gives_the_same_bytes()
    {
        var hard = Plain with { Harden = 1 };

        Assert.Equal(Solve(hard, null)[0].Facts.DigestAfter, Solve(hard, null)[0].Facts.DigestAfter);
    }

    [Fact]
    public void When_a_preserved_prompt_would_drift_too_far_the_solution_before_stays()
    {
        var rounds = new List<HardeningRound>();
        var plain = Solve(Plain, null);

        // Nobody set a limit: more than twice as far as the plain solution is too far.
        var kept = HardenedEdit.Solve(Task(Plain with { Harden = 3 }, rounds.Add), task => task.Findings.Inputs.IsEmpty ? plain : Drifting(2.01));
        var solved = HardenedEdit.Solve(Task(Plain with { Harden = 1 }, null), task => task.Findings.Inputs.IsEmpty ? plain : Drifting(1.99));

        Assert.Equal(HardeningOutcome.GivenUp, Assert.Single(rounds).Outcome);
        Assert.Same(plain[0], kept[0]);
        Assert.NotSame(plain[0], solved[0]);

        ImmutableArray<EditedTensor> Drifting(double factor) => [.. plain.Select(e => e with { Drift = [.. e.Drift.Select(d => d with { Drift = factor * d.Drift })] })];
    }

    private static ImmutableArray<EditedTensor> Solve(EditSection edit, Action<HardeningRound>? rounds) => EditMethods.Solve(Task(edit, rounds));

    private static EditTask Task(EditSection edit, Action<HardeningRound>? rounds) =>
        new(SomeEdit.Tiny(), SomeEdit.Policy(edit, [SomeEdit.Concept("van gogh", "dog")], SomeEdit.Preserved("monet") with { Prompts = ["a house by {concept}"] })) { Hardening = rounds };
}
