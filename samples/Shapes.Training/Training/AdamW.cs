using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Shapes.Training.Training;

/// <summary>
/// AdamW (Loshchilov and Hutter, 2019, algorithm 2) over one flat vector: a step is a dozen operations instead of a dozen a parameter, and
/// its two moments can be stored with the weights, which TorchSharp's optimizer does not offer in a documented form.
/// </summary>
internal sealed class AdamW
{
    private readonly Parameter[] parameters;
    private readonly Tensor first;
    private readonly Tensor second;
    private readonly (double First, double Second) beta;
    private readonly double decay;

    public AdamW(nn.Module module, double beta1, double beta2, double decay)
    {
        parameters = [.. module.parameters()];
        var total = parameters.Sum(p => p.numel());
        first = zeros(total).DetachFromDisposeScope();
        second = zeros(total).DetachFromDisposeScope();
        beta = (beta1, beta2);
        this.decay = decay;
    }

    public IEnumerable<(string Name, Tensor Value)> State() => [("first", first), ("second", second)];

    /// <summary>Clips the gradient to norm <paramref name="clip"/>, takes step number <paramref name="step"/> (from 1) and clears the gradients; false, without a step, when the norm is not finite.</summary>
    public bool Step(int step, double rate, double clip, out double norm)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var gradient = cat([.. parameters.Select(p => (p.grad ?? zeros_like(p)).flatten())]);
        norm = gradient.norm().item<float>();
        foreach (var p in parameters) p.grad?.zero_();
        if (!double.IsFinite(norm)) return false;
        if (norm > clip) gradient.mul_(clip / norm);

        first.mul_(beta.First).add_(gradient, 1 - beta.First);
        second.mul_(beta.Second).addcmul_(gradient, gradient, 1 - beta.Second);
        var scale = Math.Sqrt(1 - Math.Pow(beta.Second, step)) / (1 - Math.Pow(beta.First, step));
        var update = first.mul(-rate * scale).div_(second.sqrt().add_(1e-8));
        long offset = 0;
        foreach (var p in parameters)
        {
            if (p.dim() > 1) p.mul_(1 - (rate * decay));
            p.add_(update.narrow(0, offset, p.numel()).view(p.shape));
            offset += p.numel();
        }

        return true;
    }
}
