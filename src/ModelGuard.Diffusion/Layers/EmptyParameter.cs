using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Layers;

/// <summary>
/// Parameters without values, because they are always loaded or initialised by a trainer. A network is created in the type it computes in,
/// so that its weights are never held twice; on the <c>meta</c> device it has names and shapes and takes no memory at all.
/// </summary>
internal static class EmptyParameter
{
    [ThreadStatic]
    private static (ScalarType Type, Device Device)? placement;

    /// <summary>A parameter of that shape, in the type and at the place of the network that is being created. It lives as long as the network.</summary>
    public static Parameter Of(params long[] shape)
    {
        var parameter = new Parameter(empty(shape, dtype: placement?.Type ?? ScalarType.Float32, device: placement?.Device ?? CPU));

        // Networks are read on first use, perhaps inside a dispose scope that ends long before they do.
        parameter.DetachFromDisposeScope();
        return parameter;
    }

    /// <summary>Creates a network whose parameters are of that type and, unless it is null, on that device.</summary>
    public static T Create<T>(ScalarType type, Func<T> network, Device? device = null)
    {
        var before = placement;
        placement = (type, device ?? CPU);
        try
        {
            return network();
        }
        finally
        {
            placement = before;
        }
    }
}
