using ModelGuard.Diffusion.Backend;

namespace ModelGuard.Diffusion.Tests.Backend;

/// <summary>Puts LibTorch's global switch back where the process's own self-test left it; the classes of this collection run one after another.</summary>
[CollectionDefinition(nameof(OneDnnSwitch))]
public sealed class OneDnnSwitch : IDisposable, ICollectionFixture<OneDnnSwitch>
{
    private readonly bool enabled = NativeBackend.Arithmetic.Path != ConvolutionPath.WithoutOneDnn;

    public void Restore() => AtenContext.SetOneDnn(enabled);

    public void Dispose() => Restore();
}
