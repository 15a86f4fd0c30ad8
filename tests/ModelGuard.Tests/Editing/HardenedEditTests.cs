using System.Collections.Immutable;
using ModelGuard.Attacks;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Weights;
using ModelGuard.Editing;
using ModelGuard.Editing.Hardening;
using ModelGuard.Policies;
using static TorchSharp.torch;

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
    public void With_an_edit_of_the_cross_attention_besides_both_are_those_of_their_methods_and_rounds_harden_the_second()
    {
        var rounds = new List<HardeningRound>();
        var checkpoint = Checkpoint.Open(Golden.Model("sd1-tiny"));
        ImmutableArray<EditedTensor> Of(EditSection edit, Action<HardeningRound>? told = null) => EditMethods.Solve(new EditTask(checkpoint, SomeEdit.Policy(edit, [SomeEdit.Concept("van gogh", "dog")])) { Hardening = told });
        var (encoder, attention) = (Of(Plain), Of(Plain with { Method = "uce", Layers = null, Harden = 1 }));

        var both = Of(Plain with { CrossAttention = "uce", Harden = 1 }, rounds.Add);

        Assert.Equal(encoder.AddRange(attention).Select(Bytes), both.Select(Bytes));
        Assert.Contains("closed-form", Assert.Single(rounds).Found.Keys, StringComparer.Ordinal);

        static (string, string, string) Bytes(EditedTensor edit) => (edit.Component, edit.Name, edit.Facts.DigestAfter);
    }

    [Theory]
    [InlineData("sd1-tiny")]
    [InlineData("sdxl-tiny")]
    public void States_that_an_edited_cross_attention_still_takes_for_the_concept_go_into_the_system(string family)
    {
        var rounds = new List<HardeningRound>();
        var checkpoint = Checkpoint.Open(Golden.Model(family));
        var policy = SomeEdit.Policy(Plain with { Method = "uce", Layers = null, Lambda = 0.1 }, [SomeEdit.Concept("van gogh", "dog")]);
        var plain = EditMethods.Solve(new EditTask(checkpoint, policy));

        var hardened = EditMethods.Solve(new EditTask(checkpoint, policy with { Edit = policy.Edit with { Harden = 2 } }) { Hardening = rounds.Add });

        Assert.NotEmpty(rounds);
        Assert.All(rounds, r => Assert.True(r.Searched == 2 && r.Outcome == HardeningOutcome.Solved && r.Found["closed-form"] > 0 && r.Found.Keys.All(k => k is "closed-form" or "soft-prompt")));
        Assert.Contains(rounds, r => r.Found.GetValueOrDefault("soft-prompt") > 0);
        Assert.All(hardened.Zip(plain).Where(p => p.First.Name.Contains("attn2", StringComparison.Ordinal)), p => Assert.True(p.First.Facts.Constraints > p.Second.Facts.Constraints));
        Assert.True(Nearness(hardened) > 2 * Nearness(plain), $"Recovered states come as near to the concept after hardening ({Nearness(hardened)}) as before ({Nearness(plain)}).");

        // How far what the edited weights give for recovered states is from the concept, as a part of how far its target is from it.
        double Nearness(ImmutableArray<EditedTensor> edits)
        {
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            using var weights = checkpoint.Component("unet").OpenWeights();
            using var recovery = ContextRecovery.Of(CrossAttentionLayer.Of(weights).SelectMany(l => l.Weights).Select(name => (edits.Single(e => e.Name == name).Stored([.. weights.Get(name).Shape]), TensorConversion.Read(weights.Get(name)))));
            using var same = ContextRecovery.Of(CrossAttentionLayer.Of(weights).SelectMany(l => l.Weights).Select(name => (TensorConversion.Read(weights.Get(name)), TensorConversion.Read(weights.Get(name)))));
            var plans = ContextStates.Plans(checkpoint, new(checkpoint), tokenizer => EditPlan.Create(policy, tokenizer));
            var texts = ContextStates.Read(checkpoint, plans, [p => p.OldIds, p => p.NewIds], default);
            var (old, target) = (KeyRows.Of(texts[0]!.States, plans[0].OldPositions), KeyRows.Of(texts[1]!.States, plans[0].NewPositions));
            return recovery.Distance(recovery.Run(old), old) / same.Distance(target, old);
        }
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
