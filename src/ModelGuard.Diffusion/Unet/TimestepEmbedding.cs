using ModelGuard.Diffusion.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Unet;

/// <summary>Two linear layers over sinusoids of the timestep.</summary>
public sealed class TimestepEmbedding : Module<Tensor, Tensor>
{
    private readonly Linear linear_1;
    private readonly Linear linear_2;

    /// <summary>Creates the layers.</summary>
    public TimestepEmbedding(long inChannels, long timeChannels)
        : base(nameof(TimestepEmbedding))
    {
        linear_1 = new Linear(inChannels, timeChannels);
        linear_2 = new Linear(timeChannels, timeChannels);
        RegisterComponents();
    }

    /// <summary>Sinusoids [n, channels] of timesteps [n] (diffusers' <c>get_timestep_embedding</c>).</summary>
    public static Tensor Sinusoids(Tensor timesteps, long channels, bool flipSinToCos, double shift)
    {
        using var scope = NewDisposeScope();
        var half = channels / 2;
        var frequencies = (-Math.Log(10000) * arange(half, dtype: ScalarType.Float32, device: timesteps.device) / (half - shift)).exp();
        var angles = timesteps.to(ScalarType.Float32).unsqueeze(1) * frequencies.unsqueeze(0);
        return cat(flipSinToCos ? [angles.cos(), angles.sin()] : [angles.sin(), angles.cos()], 1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return linear_2.call(functional.silu(linear_1.call(input))).MoveToOuterDisposeScope();
    }
}
