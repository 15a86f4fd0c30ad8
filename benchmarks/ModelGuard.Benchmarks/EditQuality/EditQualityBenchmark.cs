using System.Collections.Immutable;
using System.Globalization;
using ModelGuard.Policies;

namespace ModelGuard.Benchmarks.EditQuality;

/// <summary>Measures what edits of the sample erase and what they keep, through the shipped scorer; the tables of docs/edit-quality.md.</summary>
internal static class EditQualityBenchmark
{
    /// <summary>Measures the methods one after the other and prints a table for each as soon as it is there.</summary>
    public static int Run(ImmutableArray<QualityMethod> methods, ImmutableArray<string> names, bool together, bool many, int seeds, int keptEach, ImmutableArray<string> preserved, string work, CancellationToken cancellation)
    {
        Directory.CreateDirectory(work);
        using var run = new QualityRun("samples/Shapes/model", "samples/Shapes/scorer", work, seeds, keptEach, [.. ShapeWorld.Classes.Where(c => preserved.Contains(c.Name, StringComparer.Ordinal))]);
        // Kinds take turns, so that a run that is stopped has seen all of them.
        ImmutableArray<ShapeClass> removals = [.. ShapeWorld.Classes.Where(c => names.IsEmpty || names.Contains(c.Name, StringComparer.Ordinal)).OrderBy(c => ShapeWorld.Classes.Where(o => o.Kind == c.Kind).ToList().IndexOf(c))];
        if (many)
        {
            Console.WriteLine("| Method | Names | Classes kept | Parts of combinations kept | Combinations still recognised | Solved in |\n|---|---|---|---|---|---|");
            foreach (var method in methods) ManyConcepts.Print(run, method, keptEach, cancellation);
            return 0;
        }

        foreach (var method in methods)
        {
            var figures = new QualityFigures();
            if (together) run.Add(method, removals, 0, figures, cancellation);
            else foreach (var removed in removals)
            {
                run.Add(method, [removed], ShapeWorld.Classes.IndexOf(removed), figures, cancellation);
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{method.Name}: {removed.Name}, recognised {Percent(figures.Recognised.TryGetValue(removed, out var share) ? share.Value : double.NaN)}, kept so far {Ratio(figures.Kept.Values):P1}"));
            }

            Print(method, figures);
        }

        return 0;
    }

    private static void Print(QualityMethod method, QualityFigures figures)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n### {method.Name}\n"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Figures.Seconds(Figures.Median(figures.Seconds))} an edit, median of {figures.Seconds.Count}\n"));
        Console.WriteLine("| | Recognised after removal, mean | worst | Kept, mean of base | worst class | Fidelity, of base |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var kind in Enum.GetValues<AttributeKind>())
        {
            Share[] gone = [.. figures.Recognised.Where(f => f.Key.Kind == kind).Select(f => f.Value)];
            var kept = figures.Kept.Where(f => f.Key.Kind == kind).Select(f => (f.Key, f.Value)).ToArray();
            var worst = kept.OrderBy(k => Ratio([k.Value])).FirstOrDefault();
            var others = figures.Fidelity.Where(f => f.Key == kind).Select(f => f.Value).ToArray();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {kind.ToString().ToLowerInvariant()} | {Percent(gone.Length == 0 ? double.NaN : (double)gone.Sum(g => g.Hits) / gone.Sum(g => g.Count))} | {Percent(gone.Length == 0 ? double.NaN : gone.Max(g => g.Value))} | {Percent(Ratio(kept.Select(k => k.Value)))} | {worst.Key?.Name} {Percent(worst.Key is null ? double.NaN : Ratio([worst.Value]))} ({worst.Value.After?.Count}) | {Percent(Ratio(others))} |"));
        }

        foreach (var (of, share) in figures.Recognised.Where(r => r.Value.Value > 0.05)) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"above 5 %: {of.Name} {share.Hits}/{share.Count}"));
        foreach (var (of, pair) in figures.Kept.Where(r => Ratio([r.Value]) < 0.98)) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"below 98 %: {of.Name} {pair.After.Hits} of {pair.Before.Hits}/{pair.Before.Count}"));
    }

    private static double Ratio(IEnumerable<(Share After, Share Before)> pairs)
    {
        var all = pairs.ToArray();
        return all.Length == 0 ? double.NaN : (double)all.Sum(p => p.After.Hits) / all.Sum(p => p.Before.Hits);
    }

    private static string Percent(double share) => double.IsNaN(share) ? "–" : share.ToString("P1", CultureInfo.InvariantCulture);
}
