using System.Collections.Immutable;
using ModelGuard.Checkpoints;

namespace ModelGuard.Diffusion.Configuration;

/// <summary>Bounds on what configs say, so that a hostile one ends in a sentence and not in an overflow or in gigabytes.</summary>
internal static class ConfigChecks
{
    /// <summary>More channels, timesteps or tokens than any published model has.</summary>
    public const long Largest = 65536;

    /// <summary>More levels or layers than any published model has.</summary>
    public const long Deepest = 64;

    /// <summary>Refuses a number outside the range.</summary>
    /// <exception cref="CheckpointException">MG0224.</exception>
    public static long Between(this ModelConfig config, string key, long value, long min, long max) => value >= min && value <= max
        ? value
        : throw new CheckpointException("MG0224", FormattableString.Invariant($"'{config.Place}' sets '{key}' to {value}; it must be from {min} to {max}."), config.Place);

    /// <summary>Refuses a list with a number outside the range.</summary>
    /// <exception cref="CheckpointException">MG0224.</exception>
    public static ImmutableArray<long> Between(this ModelConfig config, string key, ImmutableArray<long> values, long min, long max)
    {
        foreach (var value in values) config.Between(key, value, min, max);
        return values;
    }

    /// <summary>Refuses a real number that is not above <paramref name="min"/> and at most <paramref name="max"/>; NaN is neither.</summary>
    /// <exception cref="CheckpointException">MG0224.</exception>
    public static double Above(this ModelConfig config, string key, double value, double min, double max) => value > min && value <= max
        ? value
        : throw new CheckpointException("MG0224", FormattableString.Invariant($"'{config.Place}' sets '{key}' to {value}; it must be above {min} and at most {max}."), config.Place);

    /// <summary>The channels of each level: one level or more, and each a multiple of the group norms' groups.</summary>
    /// <exception cref="CheckpointException">MG0224 or MG0225.</exception>
    public static ImmutableArray<long> Levels(this ModelConfig config, ImmutableArray<long> channels, long groups)
    {
        const int MostLevels = 16;
        if (channels.Length is < 1 or > MostLevels)
        {
            throw new CheckpointException("MG0224", FormattableString.Invariant($"'{config.Place}' lists {channels.Length} 'block_out_channels'; there must be from 1 to {MostLevels}."), config.Place);
        }

        config.Between("norm_num_groups", groups, 1, Largest);
        foreach (var count in config.Between("block_out_channels", channels, 1, Largest)) config.Multiple("block_out_channels", count, "norm_num_groups", groups);
        return channels;
    }

    /// <summary>Refuses a number that another does not divide.</summary>
    /// <exception cref="CheckpointException">MG0225.</exception>
    public static void Multiple(this ModelConfig config, string key, long value, string divisorKey, long divisor)
    {
        if (value % divisor != 0)
        {
            throw new CheckpointException("MG0225", FormattableString.Invariant($"'{config.Place}' gives '{key}' {value} and '{divisorKey}' {divisor}; the first must be a multiple of the second."), config.Place);
        }
    }
}
