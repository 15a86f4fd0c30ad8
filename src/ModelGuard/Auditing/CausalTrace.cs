using System.Collections.Immutable;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;
using ModelGuard.Tracing;
using ModelGuard.Verdicts;

namespace ModelGuard.Auditing;

/// <summary>
/// The metric <c>causal-trace</c>: how much of a concept comes back when a clean state of the edited model is restored in a run with noise on
/// the concept, at the site where most of it does. 1 is all that the base shows between its clean and its corrupted run. An edit that only
/// covers a concept up leaves a site that brings it back.
/// </summary>
/// <param name="edited">The edited model.</param>
/// <param name="baseline">Its base.</param>
/// <param name="judge">Looks at pictures.</param>
internal sealed class CausalTrace(StableDiffusionPipeline edited, StableDiffusionPipeline baseline, Func<StableDiffusionPipeline, PictureJudge> judge)
{
    /// <summary>Name of the metric.</summary>
    public const string Metric = "causal-trace";

    // Twelve runs of each cell. The subject is replaced rather than noised: what noise makes of a word is often the word again.
    private static readonly TraceSettings Settings = new() { Draws = 4, Prompts = 3, Corruption = Corruption.Replacement };

    /// <summary>Measures a concept. The site is the worst of the whole grid, which makes the value too large rather than too small.</summary>
    public Measurement Measure(Concept concept, Policy policy, IProgress<TraceProgress>? progress, CancellationToken cancellation)
    {
        var subjects = AuditSubjects.ToTrace(concept, policy);
        var worst = new Worst();
        foreach (var encoder in baseline.TextEncoders.Select(e => e.Component))
        {
            // Which prompts show the concept, and lose it under noise, is a question to the base.
            var before = new Tracer(baseline, Settings).TextEncoderInPictures(encoder, subjects, judge(baseline), progress, cancellation);
            PromptTrace[] counted = [.. before.Prompts.Where(p => p.ScreenedOut is null)];
            if (counted.Length == 0 || before.Localisation.Best is not { } site) continue;
            var after = new Tracer(edited, Settings with { MinimumClean = 0, MaximumCorrupted = double.PositiveInfinity })
                .TextEncoderInPictures(encoder, [.. counted.Select(p => subjects.First(s => s.Prompt == p.Prompt))], judge(edited), progress, cancellation);
            var gap = counted.SelectMany(p => p.High).Average() - counted.SelectMany(p => p.Low).Average();
            foreach (var (candidate, role) in after.Prompts.SelectMany(p => p.Cells.Select(c => (c.Site, p.Rows[c.Row].Role))).Distinct())
            {
                worst.Offer(Effects(after.Prompts, candidate, role, gap), Effects(counted, site.Site, site.Role, gap));
            }
        }

        return new Measurement(Metric, false, worst.Edited, worst.Baseline);
    }

    /// <summary>(restored − corrupted) / gap for each prompt and draw; empty where a prompt has no such row.</summary>
    private static ImmutableArray<double> Effects(IReadOnlyList<PromptTrace> traces, TraceSite site, TokenRole role, double gap)
    {
        var restored = Localisation.Restored(traces, site, role);
        return [.. restored.Zip(traces.SelectMany(t => t.Low), (r, l) => (r - l) / gap)];
    }

    private sealed class Worst
    {
        public ImmutableArray<double> Edited { get; private set; } = [];

        public ImmutableArray<double> Baseline { get; private set; } = [];

        public void Offer(ImmutableArray<double> edited, ImmutableArray<double> baseline)
        {
            if (edited.IsEmpty || (!Edited.IsEmpty && edited.Average() <= Edited.Average())) return;
            (Edited, Baseline) = (edited, baseline);
        }
    }
}
