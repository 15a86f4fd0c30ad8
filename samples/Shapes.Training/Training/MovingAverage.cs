using static TorchSharp.torch;

namespace Shapes.Training.Training;

/// <summary>An exponential moving average of a module's parameters; what is published after training.</summary>
internal sealed class MovingAverage
{
    private readonly (string Name, Tensor Live, Tensor Average)[] pairs;
    private readonly double decay;

    public MovingAverage(nn.Module module, double decay)
    {
        using var noGrad = no_grad();
        pairs = [.. module.named_parameters().Select(p => (p.name, (Tensor)p.parameter, p.parameter.detach().clone().DetachFromDisposeScope()))];
        this.decay = decay;
    }

    public IEnumerable<(string Name, Tensor Value)> State() => pairs.Select(p => (p.Name, p.Average));

    /// <summary>Moves the average; early steps weigh more, so that it does not remember the first random weights.</summary>
    public void Update(int step)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var keep = Math.Min(decay, (1.0 + step) / (10.0 + step));
        foreach (var (_, live, average) in pairs) average.lerp_(live, 1 - keep);
    }

    /// <summary>Puts the average in place of the live parameters.</summary>
    public void Publish()
    {
        using var noGrad = no_grad();
        foreach (var (_, live, average) in pairs) live.copy_(average);
    }
}
