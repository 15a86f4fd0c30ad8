using static TorchSharp.torch;

namespace ModelGuard.Attacks;

/// <summary>
/// Free embeddings in place of tokens, found by Adam (textual inversion, Gal et al., 2023, against the states of the base instead of pictures).
/// Nobody can type them; whoever can load an embedding file can use them.
/// </summary>
internal static class SoftPrompt
{
    private const double LearningRate = 0.02;

    /// <summary>The best embeddings of each encoder [places, width], and their distance; the caller disposes them.</summary>
    /// <param name="objective">What to come close to.</param>
    /// <param name="start">The filling to begin with.</param>
    /// <param name="budget">How much may be tried.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    public static (Tensor[] Free, double Distance) Run(AttackObjective objective, long[] start, AttackBudget budget, CancellationToken cancellation)
    {
        var found = Enumerable.Range(0, objective.EncoderCount).Select(e => Optimise(objective, e, start, budget, cancellation)).ToArray();
        return ([.. found.Select(f => f.Free)], found.Sum(f => f.Distance));
    }

    private static (Tensor Free, double Distance) Optimise(AttackObjective objective, int encoder, long[] start, AttackBudget budget, CancellationToken cancellation)
    {
        using var gradients = enable_grad();
        using var outer = NewDisposeScope();
        var table = objective.Edited(encoder).Tower.TokenTable.detach();
        var free = table.index_select(0, tensor(start)).clone();
        var (first, second) = (zeros_like(free), zeros_like(free));
        var (best, distance) = (free.clone(), double.PositiveInfinity);
        for (var step = 1; step <= budget.Iterations; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var variable = free.detach().requires_grad_(true);
            var loss = objective.Distance(encoder, variable, start);
            var value = loss.item<float>();
            if (value < distance)
            {
                distance = value;
                best = variable.detach().clone().MoveToOuterDisposeScope();
            }

            var gradient = autograd.grad([loss], [variable])[0];
            // Adam (Kingma and Ba, 2015) with its usual constants.
            first = ((0.9 * first) + (0.1 * gradient)).MoveToOuterDisposeScope();
            second = ((0.999 * second) + (0.001 * gradient.square())).MoveToOuterDisposeScope();
            var (bias1, bias2) = (1 - Math.Pow(0.9, step), 1 - Math.Pow(0.999, step));
            free = (variable.detach() - (LearningRate * (first / bias1) / ((second / bias2).sqrt() + 1e-8))).MoveToOuterDisposeScope();
        }

        return (best.DetachFromDisposeScope(), distance);
    }
}
