using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>The last predictions of a run, as far as a multistep method looks back.</summary>
internal sealed class ModelOutputs(int capacity) : IDisposable
{
    private readonly List<Tensor> outputs = [];

    /// <summary>How many there are.</summary>
    public int Count => outputs.Count;

    /// <summary>The one so many steps before the newest.</summary>
    public Tensor this[int back] => outputs[^(back + 1)];

    /// <summary>Takes over the newest one.</summary>
    public void Add(Tensor output)
    {
        if (outputs.Count == capacity)
        {
            outputs[0].Dispose();
            outputs.RemoveAt(0);
        }

        outputs.Add(output.DetachFromDisposeScope());
    }

    /// <inheritdoc />
    public void Dispose()
    {
        outputs.ForEach(o => o.Dispose());
        outputs.Clear();
    }
}
