using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ModelGuard.Caching;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Editing;
using ModelGuard.Policies;

namespace ModelGuard.Benchmarks;

/// <summary>How the time of an edit grows with the number of concepts: one text encoder of the ViT-L/14 shape, from file to file.</summary>
internal static class ConceptCountBenchmark
{
    /// <summary>The command that measures the edit proper in a process of its own.</summary>
    public const string EditProperCommand = "edit-proper";

    private static readonly int[] Counts = [1, 10, 100, 1000];

    private const int Edits = 10;

    // Words that the vocabulary of CLIP has; pairs of them are as different as names of people are.
    private static readonly string[] First = ["amber", "bishop", "carter", "dixon", "ellis", "foster", "grant", "harper", "irving", "jordan", "keller", "lawson", "mason", "norton", "oliver", "parker", "quinn", "reed", "sawyer", "turner", "union", "vernon", "walker", "york", "zane", "archer", "baker", "clark", "davis", "evans", "fisher", "gordon"];
    private static readonly string[] Last = ["adams", "brown", "cooper", "dean", "edwards", "ford", "green", "hill", "ingram", "jones", "king", "lewis", "moore", "nelson", "owen", "price", "rose", "scott", "taylor", "upton", "vance", "ward", "young", "stone", "rivers", "woods", "fields", "banks", "brooks", "marsh", "lane", "hunt"];

    public static async Task<int> RunAsync(string model, int repeat, string work, CancellationToken cancellation)
    {
        Directory.CreateDirectory(work);
        var folder = Workplace.TextEncoderAlone(work, model);
        var edited = Path.Combine(work, "edited");
        foreach (var isPlain in new[] { true, false })
        {
            var rows = new List<(string, string)>();
            foreach (var count in Counts)
            {
                var policy = Policy(work, folder, count, isPlain);
                var (processes, solves) = (new List<MeasuredProcess>(), new List<double>());
                for (var i = 0; i <= repeat; i++)
                {
                    if (Directory.Exists(edited)) Directory.Delete(edited, recursive: true);
                    var run = await MeasuredProcess.RunAsync(Workplace.Tool, ["edit", policy], cancellation);
                    // The first fills caches: what is measured is an edit like any other.
                    if (i == 0) continue;
                    processes.Add(run);
                    using var report = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(edited, "modelguard-report.json"), cancellation));
                    solves.Add(report.RootElement.GetProperty("run").GetProperty("editMs").GetDouble() / 1000);
                }

                rows.Add((string.Create(CultureInfo.InvariantCulture, $"{count} concept(s): keys and solve / whole process / peak memory"), $"{Figures.Seconds(Figures.Median(solves))} / {Figures.Seconds(Figures.Median(processes.Select(p => p.Seconds)))} / {Figures.Megabytes(processes.Max(p => p.PeakBytes))}"));
            }

            rows.Add(("1 concept: the edit proper (its weight and keys read, the system solved, the weight rounded), the first of a process and the median of later ones", await EditsProperAsync(Policy(work, folder, 1, isPlain), folder, repeat, cancellation)));
            Figures.Print(isPlain ? "concepts, one template, without contexts and captions" : "concepts, defaults", [.. rows]);
        }

        return 0;
    }

    // Each in a process of its own: code that has run and memory that was claimed once make the next edit a third faster.
    private static async Task<string> EditsProperAsync(string policy, string folder, int repeat, CancellationToken cancellation)
    {
        List<double> firsts = [], later = [];
        for (var i = 0; i < repeat; i++)
        {
            var run = await MeasuredProcess.RunAsync(Environment.ProcessPath!, [EditProperCommand, policy, folder], cancellation);
            double[] seconds = [.. run.Output.Split(' ').Select(s => double.Parse(s, CultureInfo.InvariantCulture))];
            firsts.Add(seconds[0]);
            later.Add(Figures.Median(seconds.Skip(1)));
        }

        return $"{Milliseconds(firsts)} / {Milliseconds(later)}";

        static string Milliseconds(List<double> seconds) => string.Create(CultureInfo.InvariantCulture, $"{Figures.Median(seconds) * 1000:0} ms ({seconds.Min() * 1000:0} to {seconds.Max() * 1000:0})");
    }

    /// <summary>What is left of an edit without process, tokenizer, checks, copies and digests: prints the seconds of ten, one after the other.</summary>
    public static void EditProper(string policy, string folder)
    {
        NativeBackend.EnsureLoaded();
        // As the tool does.
        NativeBackend.ReturnLargeBlocks();
        var seconds = new List<double>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "ModelGuard.Editing",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => seconds.Add(activity.Duration.TotalSeconds),
        };
        ActivitySource.AddActivityListener(listener);
        for (var i = 0; i < Edits; i++)
        {
            EditMethods.Solve(new EditTask(Checkpoint.Open(folder), PolicyReader.Read(policy).Policy!) { Cache = ContentCache.OfUser(TimeProvider.System), Digests = DigestCache.OfUser(TimeProvider.System) });
        }

        Console.WriteLine(string.Join(' ', seconds.Select(s => s.ToString("0.0000", CultureInfo.InvariantCulture))));
    }

    private static string Policy(string work, string model, int count, bool isPlain)
    {
        var text = new StringBuilder();
        text.AppendLine("version: 1").AppendLine(CultureInfo.InvariantCulture, $"model: {{ base: \"{Path.GetRelativePath(work, model).Replace('\\', '/')}\", output: \"edited\" }}").AppendLine("scorer: \"none\"");
        text.AppendLine(isPlain ? "edit: { layers: [0], contexts: 0, covarianceWeight: 0, templates: [\"{}\"] }" : "edit: { layers: [0] }").AppendLine("concepts:");
        for (var i = 0; i < count; i++)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  - {{ id: c{i}, action: remove, attribute: style, match: [\"{First[i % First.Length]} {Last[i / First.Length % Last.Length]}\"], replaceWith: \"a painting\", prompts: [\"a house by {{concept}}\"] }}");
        }

        text.AppendLine("gates:").AppendLine("  - { id: gone, metric: recognition, on: removed, max: 0.05 }");
        var path = Path.Combine(work, "concepts.yaml");
        File.WriteAllText(path, text.ToString());
        return path;
    }
}
