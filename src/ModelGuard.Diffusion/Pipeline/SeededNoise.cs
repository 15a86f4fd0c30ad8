using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Pipeline;

/// <summary>
/// Noise of a batch, each picture's from a generator of its own, so that a picture does not depend on its batch: first the initial latents, then
/// what the scheduler's steps add. The values are those of diffusers with a list of generators <c>torch.Generator("cpu").manual_seed(seed)</c>.
/// </summary>
internal sealed class SeededNoise(IEnumerable<long> seeds) : IDisposable
{
    private readonly Generator[] generators = [.. seeds.Select(s => new Generator(unchecked((ulong)s), CPU))];

    /// <summary>The next noise [n, channels, height, width], on the CPU; the caller disposes it.</summary>
    public Tensor Draw(params long[] shape)
    {
        using var scope = NewDisposeScope();
        return cat([.. generators.Select(g => randn([1, .. shape], generator: g))]).MoveToOuterDisposeScope();
    }

    /// <summary>The next noise, of the shape, type and device of a batch; the caller disposes it.</summary>
    public Tensor Like(Tensor batch)
    {
        using var noise = Draw(batch.shape[1..]);
        return noise.to(batch.dtype, batch.device, copy: true);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var generator in generators) generator.Dispose();
    }
}
