using ModelGuard.Attacks;
using static TorchSharp.torch;

namespace ModelGuard.Tests.Attacks;

public sealed class ContextRecoveryTests
{
    [Fact]
    public void Recovered_states_solve_the_normal_equations_and_the_distance_is_that_of_all_outputs()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var weights = Enumerable.Range(0, 3).Select(i => (Edited: randn([7 + i, 5], dtype: ScalarType.Float64), Original: randn([7 + i, 5], dtype: ScalarType.Float64))).ToArray();
        var states = randn([4, 5], dtype: ScalarType.Float64);

        using var recovery = ContextRecovery.Of(weights);
        var recovered = recovery.Run(states);

        // One tall system: the regulariser is a thousandth of the mean diagonal.
        var (after, before) = (cat([.. weights.Select(w => w.Edited)]), cat([.. weights.Select(w => w.Original)]));
        var gram = matmul(after.t(), after);
        var gradient = matmul(matmul(recovered, after.t()) - matmul(states, before.t()), after) + (1e-3 * gram.diagonal().mean() * recovered);
        Assert.InRange(gradient.abs().max().item<double>(), 0, 1e-10);
        Assert.Equal((matmul(recovered, after.t()) - matmul(states, before.t())).square().sum().item<double>(), recovery.Distance(recovered, states), 1e-9);
        Assert.True(recovery.Distance(recovered, states) < recovery.Distance(states, states), "What was recovered comes no nearer than what was there.");
    }

    [Fact]
    public void Through_the_view_a_difference_of_one_encoders_states_is_as_long_as_in_all_edited_outputs()
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var weights = Enumerable.Range(0, 3).Select(i => (Edited: randn([7 + i, 5], dtype: ScalarType.Float64), Original: randn([7 + i, 5], dtype: ScalarType.Float64))).ToArray();
        var difference = randn([3], dtype: ScalarType.Float64);
        using var recovery = ContextRecovery.Of(weights);

        using var view = recovery.View(2, 3);

        // The second encoder's states stand behind two numbers of the first one's.
        var outputs = weights.Select(w => matmul(w.Edited, cat([zeros(2, dtype: ScalarType.Float64), difference])));
        var diagonal = weights.Select(w => w.Edited.square().sum([0])).Aggregate((a, b) => a + b).mean();
        var expected = outputs.Sum(o => o.square().sum().item<double>()) + (1e-3 * diagonal * difference.square().sum()).item<double>();
        Assert.Equal(expected, matmul(difference.to(ScalarType.Float32), view).square().sum().item<float>(), expected * 1e-5);
    }
}
