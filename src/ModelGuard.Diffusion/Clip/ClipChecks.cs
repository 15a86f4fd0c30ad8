using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Configuration;

namespace ModelGuard.Diffusion.Clip;

internal static class ClipChecks
{
    /// <summary>Refuses a width that the heads do not divide.</summary>
    public static void RequireDivisible(long hiddenSize, long heads, string place)
    {
        if (hiddenSize is <= 0 or > ConfigChecks.Largest || heads <= 0 || hiddenSize % heads != 0)
        {
            throw new CheckpointException("MG0225", FormattableString.Invariant($"'{place}' gives hidden_size {hiddenSize} and num_attention_heads {heads}; the first must be a positive multiple of the second."), place);
        }
    }
}
