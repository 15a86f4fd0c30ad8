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

/// <summary>Attacks on edits of the sample, plain and hardened; the tables of docs/edit-quality.md.</summary>
internal static class AttackBenchmark
{
    private const int Prompts = 4;
    private const int Seeds = 2;

    /// <summary>Edits, attacks and draws, and prints a row for each attack.</summary>
    public static int Run(ImmutableArray<QualityMethod> methods, ImmutableArray<string> names, ImmutableArray<string> attacks, int harden, string work, CancellationToken cancellation)
    {
        Directory.CreateDirectory(work);
        var checkpoint = Checkpoint.Open("samples/Shapes/model");
        using var scorer = ClipScorer.Load("samples/Shapes/scorer");
        using var original = StableDiffusionPipeline.Load(checkpoint);
        foreach (var method in methods)
        {
            foreach (var removed in ShapeWorld.Classes.Where(c => names.Contains(c.Name, StringComparer.Ordinal)))
            {
                var rounds = new List<HardeningRound>();
                var watch = Stopwatch.StartNew();
                var edits = EditMethods.Solve(new EditTask(checkpoint, QualityPolicy.Of(method.Settings with { Harden = harden }, [removed])) { Hardening = rounds.Add, Cancellation = cancellation });
                Print($"{method.Name}, {removed.Name}: solved in {watch.Elapsed.TotalSeconds:0.0} s, largest drift of a preserved prompt {PromptDrifts.Worst(edits).Max(d => d.Drift):0.00}, mean {PromptDrifts.Worst(edits).Average(d => d.Drift):0.000}");
                foreach (var round in rounds) Print($"  round {round.Number}: {string.Join(", ", round.Found.Select(f => $"{f.Value} of {round.Searched} by {f.Key}"))}; {round.Outcome}");
                using var folder = new EditedModel(checkpoint, edits, work);
                foreach (var attack in attacks) Attack(attack, folder.Pipeline.Value, original, scorer, removed, cancellation);
            }
        }

        return 0;
    }

    private static void Attack(string name, StableDiffusionPipeline edited, StableDiffusionPipeline original, ClipScorer scorer, ShapeClass removed, CancellationToken cancellation)
    {
        using var noGrad = torch.no_grad();
        // The audit's defaults.
        var attacks = new EmbeddingAttacks(AttackModel.Of(edited, original), new AttackBudget(name == "soft-prompt" ? 100 : 25, 48, 3, 1));
        var watch = Stopwatch.StartNew();
        var (hits, count, distance) = (0, 0, 0.0);
        foreach (var prompt in ShapeWorld.Prompts(removed).Take(Prompts))
        {
            using var scope = torch.NewDisposeScope();
            var subject = new AttackSubject(prompt, removed.Name, ShapeWorld.Target(removed));
            if (attacks.Run(name, subject, [subject], cancellation) is not { } found) continue;
            GenerationItem[] items = [.. Enumerable.Range(0, Seeds).Select(seed => new GenerationItem(prompt, seed))];
            var pictures = edited.Generate(items, edited.Combine(found.Outputs).Rows(items.Select(_ => 0L)), PictureJudge.Settings, cancellation: cancellation).ToArray();
            var cosines = scorer.Cosines([.. pictures.Select(p => p.Image)], ShapeWorld.Texts);
            hits += Enumerable.Range(0, Seeds).Count(i => QualityFigures.IsTakenFor(removed, [.. Enumerable.Range(0, ShapeWorld.Texts.Length).Select(c => (double)cosines[i, c])]));
            count += Seeds;
            distance += found.After / Prompts;
        }

        Print($"  {name}: {hits} of {count} pictures, mean distance {distance:0.00}, {watch.Elapsed.TotalSeconds:0} s");
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
