using System.Collections.Immutable;

namespace ModelGuard.Benchmarks.Bench;

/// <summary>What <c>bench</c> runs, one after the other: commands of this program with their arguments.</summary>
internal static class BenchPlan
{
    // It takes as long as all others together.
    private const string Long = "audit";

    /// <summary>The commands, in their order.</summary>
    public static ImmutableArray<string> Commands { get; } = ["start", "edit", "concepts", "reference", "denoise", "generate", "trace", "hot-paths", Long];

    /// <summary>Those that are never quick: an audit draws its 1,120 pictures, and the reference is written for one size.</summary>
    public static ImmutableArray<string> NeverQuick { get; } = ["reference", Long];

    /// <summary>The command lines of a run.</summary>
    public static ImmutableArray<ImmutableArray<string>> Of(BenchChoices choices) =>
        [.. (choices.IsQuick ? Quick(choices) : Full(choices)).Where(r => choices.Only.Count > 0 ? choices.Only.Contains(r[0], StringComparer.Ordinal) : r[0] != Long || choices.IsAll)];

    // As docs/benchmarks.md shows them.
    private static ImmutableArray<ImmutableArray<string>> Full(BenchChoices choices) =>
    [
        ["start", "--tool", choices.Tool],
        ["edit", "--model", "sd15", "--work", choices.Work],
        ["edit", "--model", "sd15", "--plain", "--work", choices.Work],
        ["edit", "--model", "sd15", "--form", "file", "--serialization", "shards", "--work", choices.Work],
        ["edit", "--model", "sd15", "--form", "file", "--plain", "--serialization", "shards", "--work", choices.Work],
        ["edit", "--model", "sd15", "--form", "file", "--plain", "--work", choices.Work],
        ["edit", "--model", "sdxl", "--dtype", "F16", "--plain", "--work", choices.Work],
        ["edit", "--model", "sdxl", "--dtype", "F16", "--form", "file", "--plain", "--serialization", "shards", "--work", choices.Work],
        ["edit", "--model", "sdxl", "--dtype", "F16", "--form", "file", "--serialization", "shards", "--work", choices.Work],
        ["concepts", "--repeat", "3", "--work", choices.Work],
        ["reference", "--python", choices.Python, "--work", choices.Work],
        ["denoise", "--model", "sd15", "--repeat", "3"],
        ["generate", "--repeat", "3", "--python", choices.Python, "--work", choices.Work],
        ["trace", "--repeat", "3"],
        ["hot-paths"],
        [Long, "--work", choices.Work],
    ];

    private static ImmutableArray<ImmutableArray<string>> Quick(BenchChoices choices) =>
    [
        ["start", "--tool", choices.Tool, "--repeat", "1"],
        ["edit", "--model", Workplace.Tiny, "--repeat", "1", "--work", choices.Work],
        ["concepts", "--model", Workplace.Tiny, "--repeat", "1", "--work", choices.Work],
        ["denoise", "--model", Workplace.Tiny, "--repeat", "1"],
        ["generate", "--model", Workplace.Tiny, "--repeat", "1", "--work", choices.Work],
        ["trace", "--repeat", "1", "--steps", "1"],
        ["hot-paths", "--quick"],
    ];
}
