using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using ModelGuard.Attacks;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Editing;
using ModelGuard.Editing.Hardening;
using TorchSharp;

namespace ModelGuard.Benchmarks.EditQuality;

/// <summary>
/// Attacks on the sample before any edit, after plain edits and after hardened ones; the tables of docs/edit-quality.md. An attack's share counts
/// pictures in which the scorer recognises the class, as the audit does, whether it was there without the attack or not.
/// </summary>
internal static class AttackBenchmark
{
    private const string NoAttack = "none";

    // The audit's defaults.
    private static readonly AttackBudget Searching = new(25, 48, 3, 1);
    private static readonly AttackBudget Inverting = new(100, 48, 3, 1);

    /// <summary>Edits, attacks and draws, and prints a table for each method.</summary>
    public static int Run(ImmutableArray<QualityMethod> methods, ImmutableArray<string> names, ImmutableArray<string> attacks, int harden, (int Prompts, int Seeds) pictures, string work, CancellationToken cancellation)
    {
        Directory.CreateDirectory(work);
        var checkpoint = Checkpoint.Open("samples/Shapes/model");
        using var scorer = ClipScorer.Load("samples/Shapes/scorer");
        using var original = StableDiffusionPipeline.Load(checkpoint);
        attacks = attacks.Insert(0, NoAttack);
        var header = $"| Removed | State | {string.Join(" | ", attacks.Select(a => $"`{a}`"))} | Mean drift | Edit |\n|{string.Concat(Enumerable.Repeat("---|", attacks.Length + 4))}";
        ImmutableArray<ShapeClass> removals = [.. ShapeWorld.Classes.Where(c => names.Contains(c.Name, StringComparer.Ordinal))];
        Print($"\n### before any edit\n\n{header}");
        foreach (var removed in removals) Print($"| {removed.Name} | base | {Row(attacks, original, original, scorer, removed, pictures, cancellation)} | – | – |");
        foreach (var method in methods)
        {
            Print($"\n### {method.Name}\n\n{header}");
            foreach (var removed in removals)
            {
                foreach (var rounds in new[] { 0, harden }.Distinct())
                {
                    var searched = new List<HardeningRound>();
                    var watch = Stopwatch.StartNew();
                    var edits = EditMethods.Solve(new EditTask(checkpoint, QualityPolicy.Of(method.Settings with { Harden = rounds }, [removed])) { Hardening = searched.Add, Cancellation = cancellation });
                    var seconds = watch.Elapsed.TotalSeconds;
                    foreach (var round in searched) Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{removed.Name}, round {round.Number}: {string.Join(", ", round.Found.Select(f => $"{f.Value} of {round.Searched} by {f.Key}"))}; {round.Outcome}"));
                    using var folder = new EditedModel(checkpoint, edits, work);
                    Print($"| {removed.Name} | {(rounds == 0 ? "plain" : $"`harden: {rounds}`")} | {Row(attacks, folder.Pipeline.Value, original, scorer, removed, pictures, cancellation)} | {PromptDrifts.Worst(edits).Average(d => d.Drift):0.00} | {seconds:0.0} s |");
                }
            }
        }

        return 0;
    }

    private static string Row(ImmutableArray<string> attacks, StableDiffusionPipeline edited, StableDiffusionPipeline original, ClipScorer scorer, ShapeClass removed, (int Prompts, int Seeds) pictures, CancellationToken cancellation) =>
        string.Join(" | ", attacks.Select(a => Attack(a, edited, original, scorer, removed, pictures, cancellation)));

    private static string Attack(string name, StableDiffusionPipeline edited, StableDiffusionPipeline original, ClipScorer scorer, ShapeClass removed, (int Prompts, int Seeds) counts, CancellationToken cancellation)
    {
        using var noGrad = torch.no_grad();
        using var attacks = new EmbeddingAttacks(AttackModel.Of(edited, original), name == "soft-prompt" ? Inverting : Searching);
        var watch = Stopwatch.StartNew();
        var (hits, count, searching) = (0, 0, 0.0);
        foreach (var prompt in ShapeWorld.Prompts(removed).Take(counts.Prompts))
        {
            using var scope = torch.NewDisposeScope();
            var subject = new AttackSubject(prompt, removed.Name, ShapeWorld.Target(removed));
            var start = watch.Elapsed.TotalSeconds;
            if (StatesOf() is not { } states) continue;
            searching += watch.Elapsed.TotalSeconds - start;
            GenerationItem[] items = [.. Enumerable.Range(0, counts.Seeds).Select(seed => new GenerationItem(prompt, seed))];
            var pictures = edited.Generate(items, states.Rows(items.Select(_ => 0L)), PictureJudge.Settings, cancellation: cancellation).ToArray();
            var cosines = scorer.Cosines([.. pictures.Select(p => p.Image)], ShapeWorld.Texts);
            hits += Enumerable.Range(0, counts.Seeds).Count(i => QualityFigures.IsTakenFor(removed, [.. Enumerable.Range(0, ShapeWorld.Texts.Length).Select(c => (double)cosines[i, c])]));
            count += counts.Seeds;

            PromptStates? StatesOf()
            {
                if (name == NoAttack) return edited.Encode([prompt]);
                return attacks.Run(name, subject, [subject], cancellation) is { } found ? edited.Combine(found.Outputs) : null;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{hits} of {count}{(name == NoAttack ? "" : $" ({searching:0} s)")}");
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
