using System.Collections.Immutable;
using ModelGuard.Auditing.Probes;
using ModelGuard.Caching;
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

    /// <summary>What came of its probes, where a gate asks for them.</summary>
    public ImmutableArray<ProbeResult> Probes { get; init; } = [];

    /// <summary>Number of pictures of its prompts at the end of each look that was taken; empty for a fixed sample.</summary>
    public ImmutableArray<int> LookEnds { get; init; } = [];
}

/// <summary>
/// Generates pictures with the edited checkpoint and with its base, same prompts and same seeds, and scores them with a CLIP that shares no
/// weights with either. When both are one checkpoint, its pictures are made once and stand for both. Nothing is loaded for what earlier runs
/// have kept.
/// </summary>
/// <param name="edited">The checkpoint.</param>
/// <param name="baseline">Its base, which may be the same object; null for none.</param>
/// <param name="scorer">The CLIP.</param>
/// <param name="policy">What is looked at, and how pictures are made.</param>
/// <param name="cache">Keeps results between runs.</param>
public sealed class Audit(AuditModel edited, AuditModel? baseline, AuditScorer scorer, Policy policy, ContentCache cache)
{
    private readonly PictureMeasures pictures = new(edited, baseline, scorer, policy, cache);

    /// <summary>How many pictures had to be drawn so far, besides those of traces and attacks.</summary>
    public int Drawn => pictures.Drawn;

    /// <summary>Takes each picture that is scored, also one that an earlier run has kept; those of a checkpoint that is its own base once. Null where nobody keeps them.</summary>
    public Action<AuditPicture>? Keep { get; init; }

    /// <summary>Says of a batch, when its turn comes, that it need not be drawn any more; null where all are drawn.</summary>
    public Func<AuditUnit, bool>? IsNeedless { get; init; }

    /// <summary>Computes units, each independent of the others.</summary>
    /// <param name="units">The units.</param>
    /// <param name="progress">Told of pictures as they are finished.</param>
    /// <param name="cancellation">Stops between two steps of a generation.</param>
    public IEnumerable<UnitResult> Run(IReadOnlyCollection<AuditUnit> units, IProgress<AuditProgress>? progress = null, CancellationToken cancellation = default)
    {
        // The same pictures again would only cost time.
        var total = units.Sum(u => u.Items.Length) * (baseline is null || ReferenceEquals(edited, baseline) ? 1 : 2);
        var done = 0;
        foreach (var unit in units)
        {
            cancellation.ThrowIfCancellationRequested();
            if (IsNeedless?.Invoke(unit) is true) continue;
            yield return unit.Metric is null
                ? pictures.Measure(unit, Keep, () => progress?.Report(new AuditProgress(unit.Subject.Id, done += unit.Items.Length, total)), cancellation)
                : new UnitResult(unit.Digest, [], [], Measure(unit, new Progress(unit.Subject.Id, done, total, progress), cancellation));
        }
    }

    /// <summary>The pipeline's settings for a policy's.</summary>
    public static GenerationSettings Settings(GenerationSection generation) => new() { Steps = generation.Steps, GuidanceScale = generation.GuidanceScale, Scheduler = generation.Scheduler };

    private MeasuredMetric Measure(AuditUnit unit, Progress progress, CancellationToken cancellation)
    {
        var original = baseline ?? throw new ArgumentException($"The metric '{unit.Metric}' compares with a base, and there is none.");
        return new MetricStore(edited, original, scorer, Settings(policy.Generation), cache).Measure(unit.Metric!, unit.Subject, policy, () =>
        {
            switch (unit.Metric)
            {
                case Drift.Metric:
                    return MeasuredMetric.Of(new Drift(edited.Pipeline, original.Pipeline).Measure(WholeMetrics.Preserved(unit.Subject, policy), policy), []);
                case CausalTrace.Metric:
                    return MeasuredMetric.Of(new CausalTrace(edited.Pipeline, original.Pipeline, p => Judge(ReferenceEquals(p, original.Pipeline) ? original : edited)).Measure(WholeMetrics.Concept(unit.Subject, policy), policy, progress.Of("trace"), cancellation), []);
                default:
                    var (measured, attempts) = new AttackSuccess(edited.Pipeline, original.Pipeline, () => Judge(edited)).Measure(WholeMetrics.Concept(unit.Subject, policy), policy, progress.Of("attack"), cancellation);
                    return MeasuredMetric.Of(measured, attempts);
            }
        });
    }

    private PictureJudge Judge(AuditModel model) => new(scorer.Clip, Settings(policy.Generation), model.Scores);

    /// <summary>Steps of a trace or an attack, shown beside the pictures that are finished.</summary>
    private sealed record Progress(string Subject, int Done, int Total, IProgress<AuditProgress>? Target)
    {
        public Forward? Of(string what) => Target is null ? null : new Forward(p => Target.Report(new AuditProgress(FormattableString.Invariant($"{Subject}, {what} {p.Done}/{p.Total}"), Done, Total)));
    }

    private sealed class Forward(Action<TraceProgress> report) : IProgress<TraceProgress>
    {
        public void Report(TraceProgress value) => report(value);
    }
}
