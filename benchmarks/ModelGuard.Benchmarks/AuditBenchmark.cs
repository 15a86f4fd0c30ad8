using System.Diagnostics;
using System.Globalization;
using ModelGuard.Testing;

namespace ModelGuard.Benchmarks;

/// <summary>
/// A full audit of the sample policy: undisturbed, killed at random moments and started again each time, repeated with nothing changed, and in
/// four shards. All must give the same report.
/// </summary>
internal static class AuditBenchmark
{
    private const int Shards = 4;
    private const string CacheVariable = "MODELGUARD_CACHE";
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);
    private static readonly string Policy = Path.Combine(RepositoryPaths.Root, "policies", "shapes.yaml");

    /// <summary>Runs it; 1 when a report differs.</summary>
    /// <param name="kills">How often the audit is killed.</param>
    /// <param name="seed">Seed of the moments.</param>
    /// <param name="work">A folder for models, caches and reports.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<int> RunAsync(int kills, int seed, string work, CancellationToken cancellation)
    {
        Directory.CreateDirectory(work);
        var (model, cache) = (Path.Combine(work, "shapes-governed"), Path.Combine(work, "audit-cache"));
        if (Directory.Exists(cache)) Directory.Delete(cache, recursive: true);
        await MeasuredProcess.RunAsync(Workplace.Tool, ["edit", Policy, "--output", model], cancellation);
        var undisturbed = await AuditAsync("undisturbed", "off");
        var random = new Random(seed);
        for (var i = 0; i < kills; i++) await KillAsync(random.NextDouble() * LongestWait);
        var resumed = await AuditAsync("resumed", cache);
        var repeated = await AuditAsync("repeated", cache);
        string[] shards = [.. Enumerable.Range(1, Shards).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i}/{Shards}"))];
        var sharded = new List<double>();
        foreach (var shard in shards) sharded.Add((await AuditAsync(Name(shard), "off", "--shard", shard)).Seconds);
        var merged = await MeasuredProcess.RunAsync(Workplace.Tool, ["merge", .. shards.Select(s => Report(Name(s))), "--policy", Policy, "--report", Report("merged")], cancellation);
        string[] different = [.. new[] { "resumed", "repeated", "merged" }.Where(name => Deterministic(name) != Deterministic("undisturbed"))];

        Figures.Print(
            string.Create(CultureInfo.InvariantCulture, $"audit of the sample, killed {kills} times"),
            ("undisturbed, nothing kept", Figures.Seconds(undisturbed.Seconds)),
            ("the rest after the last kill", Figures.Seconds(resumed.Seconds)),
            ("repeated, nothing changed", Figures.Seconds(repeated.Seconds)),
            ("the longest of four shards", Figures.Seconds(sharded.Max())),
            ("merge", Figures.Seconds(merged.Seconds)),
            ("reports that differ from the undisturbed one", different.Length == 0 ? "none" : string.Join(", ", different)));
        return different.Length == 0 ? 0 : 1;

        Task<MeasuredProcess> AuditAsync(string name, string kept, params string[] options) =>
            MeasuredProcess.RunAsync(Workplace.Tool, ["audit", Policy, "--model", model, "--report", Report(name), .. options], cancellation, (CacheVariable, kept));

        // Not by what it has done, but by the clock: moments inside of a write are among them.
        async Task KillAsync(TimeSpan after)
        {
            var start = new ProcessStartInfo(Workplace.Tool, ["audit", Policy, "--model", model, "--report", Report("killed")]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
            start.Environment[CacheVariable] = cache;
            using var process = Process.Start(start)!;
            await Task.WhenAny(process.WaitForExitAsync(cancellation), Task.Delay(after, cancellation));
            process.Kill();
            await process.WaitForExitAsync(cancellation);
        }

        string Report(string name) => Path.Combine(work, name + ".json");

        string Deterministic(string name)
        {
            var text = File.ReadAllText(Report(name));
            return text[..text.LastIndexOf("  \"run\": {", StringComparison.Ordinal)];
        }
    }

    private static string Name(string shard) => "shard-" + shard.Replace('/', '-');
}
