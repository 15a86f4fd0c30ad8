using static TorchSharp.torch;

namespace ModelGuard.Attacks;

/// <summary>
/// RECE's closed form where it comes from (Gong et al., Reliable and Efficient Concept Erasure of Text-to-Image Diffusion Models, ECCV 2024,
/// eq. 7): text states from which the edited keys and values of the UNet's cross-attention give what the base gave,
/// c′ = (r I + Σ W′ᵀ W′)⁻¹ Σ W′ᵀ W c, over all weights W that read the text and what an edit made of them, W′. A prompt need not give such
/// states: it shows what the edited weights still hold.
/// </summary>
internal sealed class ContextRecovery : IDisposable
{
    // Relative to the mean of the diagonal, as for text encoders.
    private const double Regulariser = 1e-3;
    private readonly Tensor edited;
    private readonly Tensor cross;
    private readonly Tensor original;
    private readonly Tensor recover;

    private readonly Tensor system;

    private ContextRecovery(Tensor edited, Tensor cross, Tensor original)
    {
        using var scope = NewDisposeScope();
        system = (edited + (Regulariser * edited.diagonal().mean() * eye(edited.shape[0], dtype: ScalarType.Float64))).DetachFromDisposeScope();
        recover = linalg.solve(system, cross).DetachFromDisposeScope();
        (this.edited, this.cross, this.original) = (edited.DetachFromDisposeScope(), cross.DetachFromDisposeScope(), original.DetachFromDisposeScope());
    }

    /// <param name="weights">Each weight that reads the text [m, d], as edited and as it was; at least one.</param>
    public static ContextRecovery Of(IEnumerable<(Tensor Edited, Tensor Original)> weights)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Tensor? ofEdited = null, ofBoth = null, ofOriginal = null;
        foreach (var (after, before) in weights)
        {
            using var pair = NewDisposeScope();
            var (w, o) = (after.to(ScalarType.Float64), before.to(ScalarType.Float64));
            ofEdited = Sum(ofEdited, matmul(w.t(), w));
            ofBoth = Sum(ofBoth, matmul(w.t(), o));
            ofOriginal = Sum(ofOriginal, matmul(o.t(), o));
        }

        return new ContextRecovery(ofEdited!, ofBoth!, ofOriginal!);

        static Tensor Sum(Tensor? sum, Tensor part) => (sum is null ? part : sum.add_(part)).MoveToOuterDisposeScope();
    }

    /// <summary>Text states [n, d] → the states that take their place, float64.</summary>
    public Tensor Run(Tensor states)
    {
        using var wide = states.to(ScalarType.Float64);
        return matmul(wide, recover.t());
    }

    /// <summary>Σ ‖W′ c′ − W c‖² over all weights and rows: how far what the edited weights give for some states is from what the base gives for others.</summary>
    /// <param name="states">c′ [n, d], float64.</param>
    /// <param name="goal">c [n, d], float64.</param>
    public double Distance(Tensor states, Tensor goal)
    {
        using var scope = NewDisposeScope();
        var own = (matmul(states, edited) * states).sum();
        var both = (matmul(states, cross) * goal).sum();
        var wanted = (matmul(goal, original) * goal).sum();
        return (own - (2 * both) + wanted).item<double>();
    }

    /// <summary>
    /// L [width, width], float32, with L Lᵀ = r I + Σ W′ᵀ W′ over the states of one encoder: ‖x L‖² is how far the edited keys and values see a
    /// difference x of its states.
    /// </summary>
    /// <param name="from">Where the encoder's part of the states begins.</param>
    /// <param name="width">How wide it is.</param>
    public Tensor View(long from, long width)
    {
        using var scope = NewDisposeScope();
        return linalg.cholesky(system.narrow(0, from, width).narrow(1, from, width)).to(ScalarType.Float32).DetachFromDisposeScope();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var tensor in new[] { edited, cross, original, system, recover }) tensor.Dispose();
    }
}
