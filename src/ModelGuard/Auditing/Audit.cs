using System.Collections.Immutable;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Images;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;
using ModelGuard.Tracing;
using ModelGuard.Verdicts;

namespace ModelGuard.Auditing;

/// <summary>How far an audit is.</summary>
/// <param name="Subject">What is being measured.</param>
/// <param name="Done">Finished pictures, both models together; those of a checkpoint that is its own base count once.</param>
/// <param name="Total">All pictures.</param>
public sealed record AuditProgress(string Subject, int Done, int Total);

/// <summary>A picture of an audit.</summary>
/// <param name="Subject">The concept.</param>
/// <param name="Item">Prompt and seed.</param>
/// <param name="IsBase">Whether the base made it.</param>
/// <param name="Image">The picture.</param>
public sealed record AuditPicture(AuditSubject Subject, GenerationItem Item, bool IsBase, RgbImage Image);

/// <summary>What was measured on one concept.</summary>
/// <param name="Subject">The concept.</param>
/// <param name="Pictures">Number of pictures of each model.</param>
/// <param name="Measurements">One for each metric.</param>
public sealed record SubjectMeasurements(AuditSubject Subject, int Pictures, ImmutableArray<Measurement> Measurements)
{
    /// <summary>Attacks on it, where a gate asks for them.</summary>
    public ImmutableArray<AttackAttempt> Attempts { get; init; } = [];
}

/// <summary>
/// Generates pictures with the edited checkpoint and with its base, same prompts and same seeds, and scores them with a CLIP that shares no
/// weights with either. When both are one pipeline, its pictures are made once and stand for both.
/// </summary>
public sealed class Audit(StableDiffusionPipeline edited, StableDiffusionPipeline? baseline, ClipScorer scorer, Policy policy)
{
    private readonly Dictionary<StableDiffusionPipeline, PictureJudge> judges = [];

    // The same pictures again would only cost time.
    private readonly bool isItsOwnBase = ReferenceEquals(edited, baseline);

    /// <summary>Where scores of traced pictures are kept, for each checkpoint.</summary>
    public Func<StableDiffusionPipeline, ScoreStore> Stores { get; init; } = _ => ScoreStore.InMemory();

    /// <summary>Takes each picture that is scored as soon as it is made, those of a checkpoint that is its own base once; null where nobody keeps them.</summary>
    public Action<AuditPicture>? Keep { get; init; }

    /// <summary>Measures every concept that some gate looks at.</summary>
    public IEnumerable<SubjectMeasurements> Run(IProgress<AuditProgress>? progress = null, CancellationToken cancellation = default)
    {
        var scopes = policy.Gates.Select(g => g.On).ToHashSet();
        AuditSubject[] subjects = [.. AuditSubjects.Of(policy).Where(s => scopes.Contains(s.Scope))];
        var models = baseline is null || isItsOwnBase ? 1 : 2;
        var total = subjects.Sum(s => s.Prompts.Length) * policy.Generation.Seeds * models;
        var done = 0;
        foreach (var subject in subjects)
        {
            cancellation.ThrowIfCancellationRequested();
            var items = (from prompt in subject.Prompts from seed in Enumerable.Range(0, policy.Generation.Seeds) select new GenerationItem(prompt, seed)).ToArray();
            var after = Score(edited, items, subject);
            var before = isItsOwnBase ? after : baseline is null ? null : Score(baseline, items, subject);
            var (attacked, attempts) = Attacked(subject, done, total, progress, cancellation);
            yield return new SubjectMeasurements(subject, items.Length, [.. Metrics.Of(subject, after, before), .. Traced(subject, done, total, progress, cancellation), .. attacked]) { Attempts = attempts };
        }

        double[,] Score(StableDiffusionPipeline pipeline, GenerationItem[] items, AuditSubject subject)
        {
            var start = done;
            var inner = progress is null ? null : new Forward(p => progress.Report(new AuditProgress(subject.Id, done = start + p.Done, total)));
            var images = new List<RgbImage>(items.Length);
            foreach (var picture in pipeline.Generate(items, Settings(policy.Generation), null, inner, cancellation))
            {
                picture.Latents.Dispose();
                Keep?.Invoke(new AuditPicture(subject, items[images.Count], !isItsOwnBase && ReferenceEquals(pipeline, baseline), picture.Image));
                images.Add(picture.Image);
            }

            done = start + items.Length;
            return scorer.Cosines(images, subject.Texts);
        }
    }

    /// <summary>The causal trace of a removed concept, if some gate asks for it.</summary>
    private IEnumerable<Measurement> Traced(AuditSubject subject, int done, int total, IProgress<AuditProgress>? progress, CancellationToken cancellation) => IsAsked(CausalTrace.Metric, subject)
        ? [new CausalTrace(edited, baseline!, Judge).Measure(ConceptOf(subject), policy, Steps("trace", subject, done, total, progress), cancellation)]
        : [];

    /// <summary>Attacks on a removed concept, if some gate asks for them.</summary>
    private (IEnumerable<Measurement> Measured, ImmutableArray<AttackAttempt> Attempts) Attacked(AuditSubject subject, int done, int total, IProgress<AuditProgress>? progress, CancellationToken cancellation)
    {
        if (!IsAsked(AttackSuccess.Metric, subject)) return ([], []);
        var (measured, attempts) = new AttackSuccess(edited, baseline!, Judge(edited)).Measure(ConceptOf(subject), policy, Steps("attack", subject, done, total, progress), cancellation);
        return ([measured], attempts);
    }

    // Both metrics compare with the base.
    private bool IsAsked(string metric, AuditSubject subject) => subject.Scope == GateScope.Removed && baseline is not null && policy.Gates.Any(g => g.Metric == metric);

    private Concept ConceptOf(AuditSubject subject) => policy.Concepts.First(c => c.Id == subject.Id);

    private static ForwardTrace? Steps(string what, AuditSubject subject, int done, int total, IProgress<AuditProgress>? progress) => progress is null
        ? null
        : new ForwardTrace(p => progress.Report(new AuditProgress(FormattableString.Invariant($"{subject.Id}, {what} {p.Done}/{p.Total}"), done, total)));

    private PictureJudge Judge(StableDiffusionPipeline pipeline)
    {
        if (!judges.TryGetValue(pipeline, out var judge)) judges[pipeline] = judge = new PictureJudge(scorer, Settings(policy.Generation), Stores(pipeline));
        return judge;
    }

    /// <summary>The pipeline's settings for a policy's.</summary>
    public static GenerationSettings Settings(GenerationSection generation) => new() { Steps = generation.Steps, GuidanceScale = generation.GuidanceScale, Scheduler = generation.Scheduler };

    private sealed class ForwardTrace(Action<TraceProgress> report) : IProgress<TraceProgress>
    {
        public void Report(TraceProgress value) => report(value);
    }

    private sealed class Forward(Action<GenerationProgress> report) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => report(value);
    }
}
