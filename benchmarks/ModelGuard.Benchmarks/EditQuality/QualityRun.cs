using System.Collections.Immutable;
using System.Diagnostics;
using ModelGuard.Caching;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Editing;
using ModelGuard.Policies;

namespace ModelGuard.Benchmarks.EditQuality;

/// <summary>
/// Edits the sample, draws and scores. Of a removed class all prompts are drawn with all seeds; of each preserved class a few pictures a
/// removal, in turns, so that over all removals every class has as many. Base and edited model draw the same prompts with the same seeds.
/// </summary>
internal sealed class QualityRun : IDisposable
{
    private readonly Checkpoint checkpoint;
    private readonly ClipScorer scorer;
    private readonly PictureJudge judge;
    private readonly Lazy<StableDiffusionPipeline> original;
    private readonly string work;
    private readonly int seeds;
    private readonly int keptEach;
    private readonly ImmutableArray<ShapeClass> only;

    /// <param name="model">The sample.</param>
    /// <param name="scorerFolder">Its scorer.</param>
    /// <param name="work">For edited models and scores.</param>
    /// <param name="seeds">Pictures of each prompt of a removed class.</param>
    /// <param name="keptEach">Pictures of each preserved class a removal.</param>
    /// <param name="only">Preserved classes to look at, and nothing else; none for everything.</param>
    public QualityRun(string model, string scorerFolder, string work, int seeds, int keptEach, ImmutableArray<ShapeClass> only)
    {
        (checkpoint, this.work, this.seeds, this.keptEach, this.only) = (Checkpoint.Open(model), work, seeds, keptEach, only);
        scorer = ClipScorer.Load(scorerFolder);
        judge = new PictureJudge(scorer, new ContentCache(Path.Combine(work, "pictures"), 1L << 30, TimeProvider.System));
        original = new Lazy<StableDiffusionPipeline>(() => StableDiffusionPipeline.Load(checkpoint));
    }

    /// <summary>Removes a set of classes at once and adds what is seen to the figures.</summary>
    /// <param name="method">How.</param>
    /// <param name="removed">What.</param>
    /// <param name="turn">The number of this removal; decides which pictures of the preserved classes are drawn.</param>
    /// <param name="figures">Gets the counts.</param>
    /// <param name="cancellation">Stops between two pictures.</param>
    public void Add(QualityMethod method, ImmutableArray<ShapeClass> removed, int turn, QualityFigures figures, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var edits = method.Edit(checkpoint, removed, cancellation);
        figures.Seconds.Add(watch.Elapsed.TotalSeconds);
        using var folder = new EditedModel(checkpoint, edits, work);
        foreach (var target in only.IsEmpty ? removed : [])
        {
            GenerationItem[] items = [.. from prompt in ShapeWorld.Prompts(target) from seed in Enumerable.Range(0, seeds) select new GenerationItem(prompt, seed)];
            var (after, before) = Both(folder, items, cancellation);
            var share = figures.Recognised[target] = figures.Recognised.GetValueOrDefault(target) ?? new Share();
            foreach (var (item, i) in items.Select((item, i) => (item, i)))
            {
                share.Add(target.Kind == AttributeKind.Fact ? QualityFigures.PrefersOldLook(target, after[i]) : QualityFigures.IsTakenFor(target, after[i]));
                foreach (var other in ShapeWorld.Named(item.Prompt, target).Except(removed)) Count(figures.Fidelity, other.Kind, other, after[i], before[i]);
            }
        }

        foreach (var kept in (only.IsEmpty ? ShapeWorld.Classes : only).Except(removed))
        {
            var prompts = ShapeWorld.Prompts(kept);
            GenerationItem[] items = [.. Enumerable.Range(turn * keptEach, keptEach).Select(n => n % (prompts.Length * seeds)).Select(n => new GenerationItem(prompts[n % prompts.Length], ((n / prompts.Length) + n) % seeds))];
            var (after, before) = Both(folder, items, cancellation);
            for (var i = 0; i < items.Length; i++) Count(figures.Kept, kept, kept, after[i], before[i]);
        }
    }

    /// <summary>Solves a policy, draws prompts before and after, and counts the pictures in which all classes that belong to a prompt are recognised.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="kept">Prompts with their seeds and classes that are to stay.</param>
    /// <param name="parts">The same for parts of what is to go.</param>
    /// <param name="removed">The same for what is to go.</param>
    /// <param name="cancellation">Stops between two pictures.</param>
    public ((Share After, Share Before) Kept, (Share After, Share Before) Parts, (Share After, Share Before) Removed, double Seconds) Measure(Policy policy, ImmutableArray<(string Prompt, int Seed, ShapeClass[] Classes)> kept, ImmutableArray<(string Prompt, int Seed, ShapeClass[] Classes)> parts, ImmutableArray<(string Prompt, int Seed, ShapeClass[] Classes)> removed, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var edits = EditMethods.Solve(new EditTask(checkpoint, policy) { Cancellation = cancellation });
        var seconds = watch.Elapsed.TotalSeconds;
        using var folder = new EditedModel(checkpoint, edits, work);
        return (Count(kept), Count(parts), Count(removed), seconds);

        (Share After, Share Before) Count(ImmutableArray<(string Prompt, int Seed, ShapeClass[] Classes)> drawn)
        {
            var (after, before) = Both(folder, [.. drawn.Select(d => new GenerationItem(d.Prompt, d.Seed))], cancellation);
            var shares = (After: new Share(), Before: new Share());
            for (var i = 0; i < drawn.Length; i++)
            {
                shares.After.Add(Array.TrueForAll(drawn[i].Classes, c => QualityFigures.IsTakenFor(c, after[i])));
                shares.Before.Add(Array.TrueForAll(drawn[i].Classes, c => QualityFigures.IsTakenFor(c, before[i])));
            }

            return shares;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (original.IsValueCreated) original.Value.Dispose();
        scorer.Dispose();
    }

    private static void Count<T>(Dictionary<T, (Share After, Share Before)> shares, T key, ShapeClass of, double[] after, double[] before)
        where T : notnull
    {
        if (!shares.TryGetValue(key, out var pair)) shares[key] = pair = (new Share(), new Share());
        pair.After.Add(QualityFigures.IsTakenFor(of, after));
        pair.Before.Add(QualityFigures.IsTakenFor(of, before));
    }

    private (ImmutableArray<double[]> After, ImmutableArray<double[]> Before) Both(EditedModel edited, GenerationItem[] items, CancellationToken cancellation) =>
        (judge.Cosines(edited.Digest, edited.Pipeline, items, cancellation), judge.Cosines("base", original, items, cancellation));
}
