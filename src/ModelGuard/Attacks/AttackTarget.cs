using ModelGuard.Diffusion.Clip;
using static TorchSharp.torch;

namespace ModelGuard.Attacks;

/// <summary>
/// What an attack tries to reach in one encoder: states from the end token on, where a prompt's meaning is gathered and where prompts of any
/// length can be compared. The measure is the mean squared distance to it, relative to its own mean square; where the cross-attention is edited,
/// the distance that its keys and values see (<see cref="ContextRecovery.View"/>).
/// </summary>
/// <param name="states">States from the end token on [positions, width].</param>
/// <param name="view">What distances are taken through [width, width]; null for the states themselves. It is not the target's to dispose.</param>
internal sealed class AttackTarget(Tensor states, Tensor? view = null) : IDisposable
{
    /// <summary>The states [positions, width].</summary>
    public Tensor States => states;

    /// <summary>What an encoder gives for a prompt.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="states">What of its output reaches cross-attention.</param>
    /// <param name="ids">Padded ids [tokens].</param>
    /// <param name="end">Position of the end token.</param>
    /// <param name="view">What distances are taken through.</param>
    public static AttackTarget Of(CLIPTextModel encoder, Func<CLIPTextOutput, Tensor> states, long[] ids, int end, Tensor? view = null)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return new AttackTarget(states(encoder.call(tensor(ids).unsqueeze(0)))[0, end..].clone().DetachFromDisposeScope(), view);
    }

    /// <summary>This target, moved along a direction [positions, width].</summary>
    public AttackTarget Plus(Tensor step)
    {
        var count = Math.Min(states.shape[0], step.shape[0]);
        return new AttackTarget((states[..(int)count] + step[..(int)count]).DetachFromDisposeScope(), view);
    }

    /// <summary>Distances of runs [n, tokens, width] whose end token stands at <paramref name="end"/>: n values, differentiable.</summary>
    public Tensor Distance(Tensor runs, int end)
    {
        var count = (int)Math.Min(states.shape[0], runs.shape[1] - end);
        var goal = states[..count];
        return Seen(runs[TensorIndex.Colon, end..(end + count)] - goal).square().mean([1, 2]) / Seen(goal).square().mean();

        Tensor Seen(Tensor x) => view is null ? x : matmul(x, view);
    }

    /// <inheritdoc />
    public void Dispose() => states.Dispose();
}
