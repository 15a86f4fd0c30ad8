using TorchSharp;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Weights;

/// <summary>Where networks live.</summary>
internal static class ModulePlacement
{
    /// <summary>Moves a network to a device; its parameters stay out of the caller's dispose scope, which may end before the network does.</summary>
    public static T MoveTo<T>(this T module, Device device)
        where T : nn.Module
    {
        if (device.type == DeviceType.CPU) return module;
        module.to(device);
        foreach (var (_, parameter) in module.named_parameters()) parameter.DetachFromDisposeScope();
        return module;
    }
}
