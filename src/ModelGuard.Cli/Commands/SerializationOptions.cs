using System.CommandLine;
using ModelGuard.Checkpoints;
using ModelGuard.Reports;

namespace ModelGuard.Cli.Commands;

/// <summary>Whether files are digested as a whole or in shards (OpenSSF model signing v1.0 §6.3).</summary>
internal static class SerializationOptions
{
    private const string Files = "files";
    private const string Shards = ReportSerialization.Shards;

    /// <summary>The method.</summary>
    public static Option<string?> CreateMethod(string description)
    {
        var option = new Option<string?>("--serialization") { Description = description };
        option.AcceptOnlyFromAmong(Files, Shards);
        return option;
    }

    /// <summary>The size of a shard.</summary>
    public static Option<long?> CreateShardSize(string description)
    {
        var option = new Option<long?>("--shard-size") { Description = description, HelpName = "bytes" };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var size) && size < ShardSizes.Smallest) result.AddError(FormattableString.Invariant($"'--shard-size' is {size}; a shard has at least {ShardSizes.Smallest} bytes."));
        });
        return option;
    }

    /// <summary>Whether shards are asked for; null where nothing is.</summary>
    public static bool? AsksForShards(string? method) => method is null ? null : method == Shards;
}
