using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ModelGuard.Fuzzing.Mutations;
using ModelGuard.Testing;

namespace ModelGuard.Fuzzing;

/// <summary>A run of one target: changes inputs of the corpus, keeps what reaches new code, and tells each kind of defect once.</summary>
/// <param name="target">The target.</param>
/// <param name="coverage">Where its branches are counted.</param>
/// <param name="seed">What the changes follow from.</param>
internal sealed partial class FuzzRun(FuzzTarget target, Coverage coverage, ulong seed)
{
    private const int LongestInput = 64 << 10;
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(10);
    private readonly SeededNumbers random = new(seed);
    private readonly HashSet<string> outcomes = new(StringComparer.Ordinal);
    private readonly HashSet<string> defects = new(StringComparer.Ordinal);
    private readonly List<byte[]> population = [];

    /// <summary>Runs.</summary>
    /// <param name="duration">For how long.</param>
    /// <returns>The number of defects.</returns>
    public int Run(TimeSpan duration)
    {
        using var scratch = new TemporaryFolder();
        using var watchdog = new Watchdog(target.Name, MostTime);
        // Once before anything is counted: what is prepared only once must not look like a branch of the first input.
        foreach (var (_, content) in Corpus.Of(target.Name)) _ = Execution.Run(target, content, scratch.Path);
        foreach (var (_, content) in Corpus.Of(target.Name)) Try(content, scratch.Path, watchdog, isKept: true);
        if (population.Count == 0) population.Add([]);
        var (mutator, start, executions) = (new Mutator(target, random), Stopwatch.GetTimestamp(), 0L);
        for (; Stopwatch.GetElapsedTime(start) < duration; executions++)
        {
            // Half of the time one of the latest finds.
            var parent = random.OneIn(2) ? random.Of(population) : population[^(1 + random.Below(Math.Min(population.Count, 16)))];
            Try(mutator.Change(parent, random.Of(population), LongestInput), scratch.Path, watchdog, isKept: false);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{target.Name}: {executions} inputs, {population.Count} reach different code, {outcomes.Count} outcomes ({string.Join(", ", outcomes.Order(StringComparer.Ordinal).Take(60))}), {defects.Count} defect(s)."));
        return defects.Count;
    }

    private void Try(byte[] input, string scratch, Watchdog watchdog, bool isKept)
    {
        coverage.Clear();
        watchdog.Begin(input);
        var outcome = Execution.Run(target, input, scratch);
        watchdog.End();
        var isNew = coverage.FoundNew();
        if (outcome.Defect is { } defect && defects.Add(Kind(defect)))
        {
            var path = isKept ? "the corpus" : $"'{Keep("defect", input, scratch, o => o.Defect is { } other && Kind(other) == Kind(defect))}'";
            Console.WriteLine($"{target.Name}: {defect} → {path}");
        }

        // What is defective is no ground to build on: the same defect would come again and again.
        if (outcome.Defect is not null) return;
        var news = outcome.Signature.Split(' ').Where(outcomes.Add).ToArray();
        if (!isKept && news.Length > 0) _ = Keep("outcome", input, scratch, o => o.Defect is null && !news.Except(o.Signature.Split(' '), StringComparer.Ordinal).Any());
        if (isNew || news.Length > 0 || isKept) population.Add(input);
    }

    private string Keep(string why, byte[] input, string scratch, Func<Outcome, bool> isSame) => Corpus.Keep(target.Name, why, Shrinking.Shrink(input, smaller => isSame(Execution.Run(target, smaller, scratch))));

    // Places in the stack say which defect it is; what it says of the input does not.
    private static string Kind(string defect) => Frames().Matches(defect) is { Count: > 0 } frames ? string.Concat(frames.Take(2).Select(f => f.Value)) : Digits().Replace(defect[..Math.Min(defect.Length, 50)], "0");

    [GeneratedRegex(@"^   at (?:ModelGuard|YamlDotNet)\.[^(]*", RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Frames();

    [GeneratedRegex("[0-9]+", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Digits();
}
