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
}
