using ModelGuard.Diffusion.Vae;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Vae;

public sealed class AutoencoderKLTests
{
    [Fact]
    public void Moments_and_pictures_equal_the_references()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden("sd1-tiny.golden", "vae");
        using var vae = AutoencoderKL.Load(Path.Combine(Golden.Model("sd1-tiny"), "vae"));

        var moments = vae.Encode(golden["image"]);

        golden.AssertClose("mean", moments.Mean);
        golden.AssertClose("logvar", moments.LogVariance);
        golden.AssertClose("mean_odd", vae.Encode(golden["image_odd"]).Mean);
        golden.AssertClose("decoded", vae.Decode(golden["latents"]));
    }
}
