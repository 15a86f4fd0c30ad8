using System.Collections.Immutable;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Pipeline;
using static TorchSharp.torch;

namespace ModelGuard.Tracing;

/// <summary>
/// Traces the UNet of a pipeline over several prompts. With noise: each module's output is restored at every timestep (Basu et al., 2024). By
/// intervention: a window of cross-attention layers gets the keys and values of the prompt, all else those of the prompt with the contrast in
/// the subject's place (Basu et al., 2024b).
/// </summary>
/// <param name="pipeline">The pipeline.</param>
/// <param name="settings">How.</param>
/// <param name="judge">Makes and scores pictures.</param>
/// <param name="window">How many cross-attention layers are replaced together; null restores module outputs under noise.</param>
internal sealed class UNetTrace(StableDiffusionPipeline pipeline, TraceSettings settings, PictureJudge judge, int? window)
{
    // A resnet's output holds all that came before it, so the last one would win by definition.
    private static readonly SiteKind[] Competing = [SiteKind.SelfAttention, SiteKind.CrossAttention, SiteKind.FeedForward, SiteKind.KeysAndValues];

    private readonly ImmutableArray<TraceSite> sites = window is { } layers ? UNetSites.KeysAndValues(pipeline.Unet, layers) : UNetSites.Of(pipeline.Unet);

    /// <summary>Traces.</summary>
    /// <exception cref="TraceException">MG1101 when a subject does not stand in its prompt.</exception>
    public ComponentTrace Run(IReadOnlyList<TraceSubject> subjects, IProgress<TraceProgress>? progress, CancellationToken cancellation)
    {
        using var held = FinalizerHold.Enter();
        using var noGrad = no_grad();
        var maps = new List<(TraceSubject Subject, (PromptTrace Score, PromptTrace Recognition) Traces)>();
        var wanted = Math.Min(settings.Prompts, subjects.Count);
        foreach (var subject in subjects)
        {
            var counted = maps.Count(m => m.Traces.Score.ScreenedOut is null);
            if (counted == wanted) break;
            maps.Add((subject, Trace(subject, counted, wanted, progress, cancellation)));
        }

        ImmutableArray<PromptTrace> primary = [.. maps.Select(m => m.Traces.Score)];
        var localisation = Localisation.Of(primary, settings, Competing);
        return new ComponentTrace(
            "unet",
            window is null ? "states" : "keys-and-values",
            PictureMeasure.ClipScore,
            primary,
            ImmutableDictionary.CreateRange(StringComparer.Ordinal, [KeyValuePair.Create(PictureMeasure.Recognition, maps.Select(m => m.Traces.Recognition).ToImmutableArray())]),
            localisation,
            localisation.Best is { } best ? Control([.. maps.Where(m => m.Traces.Score.ScreenedOut is null).Select(m => m.Subject)], best.Site, cancellation) : null);
    }

    private (PromptTrace Score, PromptTrace Recognition) Trace(TraceSubject subject, int number, int count, IProgress<TraceProgress>? progress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var (tracer, noise) = Tracer(subject);
        var (high, low) = tracer.Ends(cancellation);
        var (clean, corrupted, reason) = Screening.Judge(subject.Texts, high, low, settings);
        var done = number * sites.Length * settings.Draws;
        var values = reason is null ? tracer.Trace(runs => progress?.Report(new TraceProgress(subject.Subject, done += runs, count * sites.Length * settings.Draws)), cancellation) : [];
        return (Of(0), Of(1));

        PromptTrace Of(int measure) => new()
        {
            Prompt = subject.Prompt,
            Subject = subject.Subject,
            Rows = [new TokenRow("all", TokenRole.All, [])],
            High = [.. high[measure]],
            Low = [.. low[measure]],
            Noise = noise,
            CleanRecognition = clean,
            CorruptedRecognition = corrupted,
            ScreenedOut = reason,
            Cells = [.. values.Select((v, s) => new TraceCell(sites[s], 0, [.. v[measure]]))],
        };
    }

    private TraceControls Control(TraceSubject[] subjects, TraceSite site, CancellationToken cancellation)
    {
        var isExact = true;
        var values = new ControlValues();
        foreach (var subject in subjects)
        {
            using var scope = NewDisposeScope();
            var (tracer, _) = Tracer(subject);
            var (highStates, lowStates) = States(subject).Ends;
            var donor = pipeline.Encode([subject.With(subject.Donor)]);
            var (high, low) = tracer.Ends(cancellation);
            isExact &= tracer.IsIdentityExact(cancellation);
            values.High.AddRange(high[0]);
            values.Low.AddRange(low[0]);
            values.Restored.AddRange(tracer.Trace(null, cancellation)[sites.IndexOf(site)][0]);
            values.Donor.AddRange(tracer.Measure("donor", site, donor, lowStates, PatchMode.Copy, cancellation)[0]);
            values.Random.AddRange(tracer.Measure("random", site, highStates, lowStates, PatchMode.RandomDirection, cancellation)[0]);
            values.Reverse.AddRange(tracer.Measure("reverse", site, lowStates, highStates, PatchMode.Copy, cancellation)[0]);
        }

        return TraceControls.Of(isExact, values);
    }

    private (LockstepTracer Tracer, double? Noise) Tracer(TraceSubject subject)
    {
        var (ends, noise) = States(subject);
        return (new LockstepTracer(judge.Scores(pipeline, subject), sites, ends.High, ends.Low, subject.Prompt, settings), noise);
    }

    private ((PromptStates High, PromptStates Low) Ends, double? Noise) States(TraceSubject subject) => States(pipeline, subject, settings, isNoisy: window is null);

    /// <summary>Text states of the run that shows the subject [1 row], and of those that do not [a row for each draw].</summary>
    internal static ((PromptStates High, PromptStates Low) Ends, double? Noise) States(StableDiffusionPipeline pipeline, TraceSubject subject, TraceSettings settings, bool isNoisy)
    {
        if (!isNoisy) return ((pipeline.Encode([subject.Prompt]), pipeline.Encode([subject.With(subject.Contrast)]).Rows(Enumerable.Repeat(0L, settings.Draws))), null);
        using var runs = new PromptRuns(pipeline, subject, settings);
        var high = pipeline.Combine([.. runs.All.Select(r => r.Clean.Output)]).Rows([0]);
        var low = pipeline.Combine([.. runs.All.Select(r => r.Corrupted.Output)]).Rows(Enumerable.Range(0, settings.Draws).Select(d => (long)d));
        return ((high, low), runs[0].Noise);
    }
}
