using ModelGuard.Attacks;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Editing;
using ModelGuard.Policies;
using ModelGuard.Tests.Editing;
using static TorchSharp.torch;

namespace ModelGuard.Tests.Attacks;

public sealed class EmbeddingAttackTests : IDisposable
{
    private static readonly string Sample = Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "model");
    private static readonly AttackSubject Star = new("a red star", "star", "circle");
    private static readonly AttackBudget Small = new(6, 12, 2, 1);
    private readonly TemporaryFolder folder = new();
    private readonly StableDiffusionPipeline baseline = StableDiffusionPipeline.Load(Sample);
    private readonly StableDiffusionPipeline edited;

    public EmbeddingAttackTests()
    {
        var checkpoint = Checkpoint.Open(Sample);
        var policy = SomeEdit.Policy(new EditSection("diff-quick-fix", [0], 0.1, TokenSelection.SubjectToEnd, 1, ["{}", "a {}", "a red {}", "a photo of a {}"]), [SomeEdit.Concept(["star"], "circle")]);
        EditedCheckpoint.Publish(checkpoint, () => SomeEdit.Solve(checkpoint, policy), folder["edited"], new PublishOptions(LinkRule.Refuse, DigestCache.None), _ => { });
        edited = StableDiffusionPipeline.Load(folder["edited"]);
    }

    public static TheoryData<string> Names => [.. EmbeddingAttacks.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_attack_gives_states_that_the_edited_encoder_computes_and_the_same_again_by_the_same_seed(string attack)
    {
        using var scope = NewDisposeScope();
        AttackResult Run() => new EmbeddingAttacks(AttackModel.Of(edited, baseline), Small).Run(attack, Star, [Star], TestContext.Current.CancellationToken)!;

        var (first, again) = (Run(), Run());

        Assert.Equal((attack, "a red star"), (first.Attack, first.Prompt));
        Assert.Equal((first.Found, first.After), (again.Found, again.After));
        Assert.True(double.IsFinite(first.After));
        var states = Assert.Single(first.Outputs).LastHiddenState;
        Assert.Equal([1, 24, 256], states.shape);
        Assert.True(states.isfinite().all().item<bool>());
        if (first.Found is { } found)
        {
            // What was found can be typed: the encoder gives the same states for the text.
            using var noGrad = no_grad();
            var typed = edited.TextEncoder.call(tensor(edited.Tokenizer.Encode(found).ToArray()).unsqueeze(0)).LastHiddenState;
            Assert.Equal(0, (typed - states).abs().max().item<float>());
        }
    }

    [Theory]
    [InlineData("token-search-in-place")]
    [InlineData("soft-prompt")]
    [InlineData("closed-form")]
    public void An_attack_comes_closer_to_what_the_base_says_than_the_plain_prompt(string attack)
    {
        using var scope = NewDisposeScope();
        var result = new EmbeddingAttacks(AttackModel.Of(edited, baseline), attack == "soft-prompt" ? new AttackBudget(60, 1, 1, 1) : new AttackBudget(12, 24, 2, 1)).Run(attack, Star, [Star], TestContext.Current.CancellationToken)!;

        Assert.True(result.After < result.Before, $"{attack} ends at {result.After:0.000}; the plain prompt is at {result.Before:0.000}.");
    }

    [Fact]
    public void A_prompt_with_a_name_of_several_tokens_is_searched_as_any_other()
    {
        using var scope = NewDisposeScope();
        var goya = new AttackSubject("a ring by goya", "goya", "gustav klimt");
        Assert.True(baseline.Tokenizer.TokenizeToIds(goya.Name).Length > 1, "It is no single token.");

        foreach (var attack in AttackSection.Typeable)
        {
            var result = new EmbeddingAttacks(AttackModel.Of(edited, baseline), Small).Run(attack, goya, [goya], TestContext.Current.CancellationToken)!;

            Assert.Equal(baseline.Tokenizer.Decode(baseline.Tokenizer.TokenizeToIds(result.Found!)), result.Found);
            if (attack == "token-search") Assert.EndsWith(" " + goya.Prompt, result.Found, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("soft-prompt")]
    [InlineData("token-search-in-place")]
    public void Against_an_edited_cross_attention_an_attack_seeks_what_its_keys_and_values_take_for_the_concept(string attack)
    {
        using var scope = NewDisposeScope();
        var checkpoint = Checkpoint.Open(Sample);
        var policy = SomeEdit.Policy(new EditSection("uce", null, 0.5, TokenSelection.SubjectToEnd, 1, ["{}", "a {}", "a red {}"]), [SomeEdit.Concept(["star"], "circle")]);
        EditedCheckpoint.Publish(checkpoint, () => SomeEdit.Solve(checkpoint, policy), folder["attended"], new PublishOptions(LinkRule.Refuse, DigestCache.None), _ => { });
        using var attended = StableDiffusionPipeline.Load(folder["attended"]);
        using var attacks = new EmbeddingAttacks(AttackModel.Of(attended, baseline), attack == "soft-prompt" ? new AttackBudget(60, 1, 1, 1) : new AttackBudget(12, 24, 2, 1));

        var result = attacks.Run(attack, Star, [Star], TestContext.Current.CancellationToken)!;

        // The text encoder is unedited: by its states alone the prompt itself would be no distance away.
        Assert.True(result.Before > 0.01, $"The prompt counts as {result.Before} away from what it is to be.");
        Assert.True(result.After < 0.8 * result.Before, $"{attack} comes from {result.Before} to {result.After} only.");
    }

    [Fact]
    public void On_an_unedited_model_the_plain_prompt_is_the_target_itself()
    {
        using var scope = NewDisposeScope();
        var result = new EmbeddingAttacks(AttackModel.Of(baseline, baseline), Small).Run("closed-form", Star, [Star], TestContext.Current.CancellationToken)!;

        Assert.Equal((0, 0), (result.Before, result.After));
    }

    [Fact]
    public void Promised_tokens_are_those_that_lower_the_distance_to_first_order()
    {
        // The promise is a gradient: a small step of an embedding along − gradient lowers the distance by what it says.
        using var scope = NewDisposeScope();
        var slots = AttackSlots.InsteadOf(Star.Prompt, Star.Name, 1, edited.Tokenizer)!;
        using var objective = new AttackObjective(AttackModel.Of(edited, baseline), slots, [AttackTarget.Of(baseline.TextEncoder, baseline.StatesOf, [.. baseline.Tokenizer.Encode(Star.Prompt)], 4)]);
        long[] filling = [.. edited.Tokenizer.TokenizeToIds("circle")];
        var table = edited.TextEncoder.Tower.TokenTable.detach();
        var promise = objective.Promise(filling);
        long other = edited.Tokenizer.TokenizeToIds("moon")[0];

        const double Step = 1e-3;
        var here = table[filling[0]].unsqueeze(0);
        var there = here + (Step * (table[other].unsqueeze(0) - here));
        using var noGrad = no_grad();
        var change = (objective.Distance(0, there, filling) - objective.Distance(0, here, filling)).item<float>() / Step;

        Assert.Equal(-(promise[0, other] - promise[0, filling[0]]).item<float>(), change, Math.Abs(change) * 0.05);
    }

    [Fact]
    public void A_prompt_that_is_too_long_for_an_attack_is_left_alone()
    {
        var words = string.Join(' ', Enumerable.Repeat("red", 21));

        Assert.NotNull(AttackSlots.InFrontOf(words, 1, edited.Tokenizer));
        Assert.Null(AttackSlots.InFrontOf(words, 2, edited.Tokenizer));
        Assert.Null(AttackSlots.InsteadOf("a red circle", "star", 1, edited.Tokenizer));
    }

    public void Dispose()
    {
        baseline.Dispose();
        edited.Dispose();
        folder.Dispose();
    }
}
