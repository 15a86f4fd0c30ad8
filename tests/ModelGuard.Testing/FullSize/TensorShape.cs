using System.Collections.Immutable;

namespace ModelGuard.Testing.FullSize;

/// <summary>A tensor by name and shape, without content.</summary>
public sealed record TensorShape(string Name, ImmutableArray<long> Shape)
{
    public long Count => Shape.Aggregate(1L, (a, b) => a * b);
}

/// <summary>Writes down the tensors of layers that all networks share.</summary>
internal sealed class ShapeList
{
    private readonly List<TensorShape> shapes = [];

    public ImmutableArray<TensorShape> Shapes => [.. shapes];

    public void Add(string name, params long[] shape) => shapes.Add(new TensorShape(name, [.. shape]));

    public void Norm(string name, long width)
    {
        Add(name + ".weight", width);
        Add(name + ".bias", width);
    }

    public void Linear(string name, long from, long to, bool hasBias = true)
    {
        Add(name + ".weight", to, from);
        if (hasBias) Add(name + ".bias", to);
    }

    public void Conv(string name, long from, long to, long kernel)
    {
        Add(name + ".weight", to, from, kernel, kernel);
        Add(name + ".bias", to);
    }

    public void Resnet(string name, long from, long to, long? time)
    {
        Norm(name + ".norm1", from);
        Conv(name + ".conv1", from, to, 3);
        if (time is { } t) Linear(name + ".time_emb_proj", t, to);
        Norm(name + ".norm2", to);
        Conv(name + ".conv2", to, to, 3);
        if (from != to) Conv(name + ".conv_shortcut", from, to, 1);
    }
}
