using System.Collections.Immutable;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;
using ModelGuard.Tracing;
using ModelGuard.Verdicts;
using static TorchSharp.torch;

namespace ModelGuard.Auditing;

/// <summary>
/// The metric <c>causal-trace</c>: how much of a concept comes back when a clean state of the edited model is restored in a run without the
/// concept, at the site where most of it does. 1 is all that the base shows between its clean and its corrupted run. An edit that only covers
/// a concept up leaves a site that brings it back.
/// </summary>
/// <param name="edited">The edited model.</param>
/// <param name="baseline">Its base.</param>
/// <param name="judge">Looks at pictures of a model.</param>
/// <param name="settings">How; <see cref="DefaultSettings"/> when null.</param>
internal sealed class CausalTrace(StableDiffusionPipeline edited, StableDiffusionPipeline baseline, Func<StableDiffusionPipeline, PictureJudge> judge, TraceSettings? settings = null)
{
    /// <summary>Name of the metric.</summary>
    public const string Metric = "causal-trace";

    private readonly TraceSettings settings = settings ?? DefaultSettings;

    /// <summary>Eight runs of each cell. The subject is replaced rather than noised: what noise makes of a word is often the word again.</summary>
    public static TraceSettings DefaultSettings { get; } = new() { Draws = 2, Prompts = 4, Corruption = Corruption.Replacement };

    /// <summary>
    /// Measures a concept. The site is the worst of the whole grid, which makes the value too large rather than too small. As the base's value
    /// stands what its own best site brings back.
    /// </summary>
    public Measurement Measure(Concept concept, Policy policy, IProgress<TraceProgress>? progress, CancellationToken cancellation)
    {
        using var held = FinalizerHold.Enter();
        using var noGrad = no_grad();
        var subjects = AuditSubjects.ToTrace(concept, policy);
        var worst = new Measurement(Metric, false, [], []);
        for (var encoder = 0; encoder < baseline.TextEncoders.Length; encoder++)
        {
            var site = new Tracer(baseline, settings).TextEncoder(baseline.TextEncoders[encoder].Component, subjects, null, cancellation).Localisation.Best;
            if (site is null) continue;
            var (before, counted) = Base(encoder, subjects, site, cancellation);
            var after = counted.Select((s, i) => Edited(encoder, s, i, counted.Length, progress, cancellation)).ToArray();
            if (counted.IsEmpty) continue;
            var gap = before.SelectMany(p => p.High).Average() - before.SelectMany(p => p.Low).Average();
            var baseEffects = Effects(before, site.Site, site.Role, gap);
            foreach (var (candidate, role) in after.SelectMany(p => p.Cells.Select(c => (c.Site, p.Rows[c.Row].Role))).Distinct())
            {
                var effects = Effects(after, candidate, role, gap);
                if (!effects.IsEmpty && (worst.Edited.IsEmpty || effects.Average() > worst.Value)) worst = new Measurement(Metric, false, effects, baseEffects);
            }
        }

        return worst;
    }

    /// <summary>Clean, corrupted and, at one site, restored runs of the base, of the first prompts that show the concept and lose it.</summary>
    private (ImmutableArray<PromptTrace> Traces, ImmutableArray<TraceSubject> Counted) Base(int encoder, ImmutableArray<TraceSubject> subjects, SiteEffect site, CancellationToken cancellation)
    {
        var traces = ImmutableArray.CreateBuilder<PromptTrace>();
        var counted = ImmutableArray.CreateBuilder<TraceSubject>();
        foreach (var subject in subjects)
        {
            if (counted.Count == settings.Prompts) break;
            cancellation.ThrowIfCancellationRequested();
            using var runs = new PromptRuns(baseline, subject, settings);
            var tracer = new TextEncoderTracer(runs[encoder], new PictureMeasure(judge(baseline).Scores(baseline, subject), runs.All, encoder, settings), settings);
            var (high, low) = tracer.Ends();
            if (Screening.Judge(subject.Texts, high, low, settings).Reason is not null) continue;
            var rows = runs[encoder].Prompt.Rows.Select((row, i) => (row, i)).Where(r => r.row.Role == site.Role);
            traces.Add(tracer.Untraced(high, low)[0] with
            {
                Cells = [.. rows.Select(r => new TraceCell(site.Site, r.i, [.. tracer.Measure(runs[encoder].Corrupted, site.Site, r.row.Positions, new OneRun(runs[encoder].Clean), false)[0]]))],
            });
            counted.Add(subject);
        }

        return (traces.ToImmutable(), counted.ToImmutable());
    }

    private PromptTrace Edited(int encoder, TraceSubject subject, int number, int count, IProgress<TraceProgress>? progress, CancellationToken cancellation)
    {
        using var runs = new PromptRuns(edited, subject, settings);
        var tracer = new TextEncoderTracer(runs[encoder], new PictureMeasure(judge(edited).Scores(edited, subject), runs.All, encoder, settings), settings);
        var done = number * tracer.RunCount;
        return tracer.Trace(rows => progress?.Report(new TraceProgress(subject.Subject, done += rows, count * tracer.RunCount)), cancellation)[0];
    }

    /// <summary>(restored − corrupted) / gap for each prompt and draw; empty where a prompt has no such row.</summary>
    private static ImmutableArray<double> Effects(IReadOnlyList<PromptTrace> traces, TraceSite site, TokenRole role, double gap) =>
        [.. Localisation.Restored(traces, site, role).Zip(traces.SelectMany(t => t.Low), (r, l) => (r - l) / gap)];
}
