using System.Collections.Immutable;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using static TorchSharp.torch;

namespace ModelGuard.Tracing;

/// <summary>Traces one text encoder of a pipeline over several prompts: grid, verdict, controls.</summary>
/// <param name="pipeline">The pipeline.</param>
/// <param name="component">The encoder, for example <c>text_encoder_2</c>. The others run clean or under the same noise together with it.</param>
/// <param name="settings">How.</param>
/// <param name="scores">Makes and scores pictures of a subject; null measures states alone.</param>
internal sealed class TextTrace(StableDiffusionPipeline pipeline, string component, TraceSettings settings, Func<TraceSubject, PictureScores>? scores)
{
    private static readonly SiteKind[] Editable = [SiteKind.SelfAttention, SiteKind.Mlp];
    private readonly int traced = pipeline.TextEncoders.IndexOf(pipeline.TextEncoders.First(e => e.Component == component));

    /// <summary>Traces.</summary>
    /// <exception cref="TraceException">MG1101 when a subject does not stand in its prompt.</exception>
    public ComponentTrace Run(IReadOnlyList<TraceSubject> subjects, IProgress<TraceProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var held = FinalizerHold.Enter();
        using var noGrad = no_grad();
        var maps = new List<(TraceSubject Subject, ImmutableArray<(string Name, PromptTrace Trace)> Traces)>();
        var wanted = Math.Min(settings.Prompts, subjects.Count);
        foreach (var subject in subjects)
        {
            var counted = maps.Count(m => m.Traces[0].Trace.ScreenedOut is null);
            if (counted == wanted) break;
            maps.Add((subject, Trace(subject, counted, wanted, progress, cancellation)));
        }

        ImmutableArray<PromptTrace> primary = [.. maps.Select(m => m.Traces[0].Trace)];
        var localisation = Localisation.Of(primary, settings, Editable);
        return new ComponentTrace(
            component,
            "states",
            maps[0].Traces[0].Name,
            primary,
            maps.SelectMany(m => m.Traces.Skip(1)).GroupBy(t => t.Name, StringComparer.Ordinal).ToImmutableDictionary(g => g.Key, g => g.Select(t => t.Trace).ToImmutableArray(), StringComparer.Ordinal),
            localisation,
            localisation.Best is { } best ? Control([.. maps.Where(m => m.Traces[0].Trace.ScreenedOut is null).Select(m => m.Subject)], best, cancellation) : null);
    }

    private ImmutableArray<(string Name, PromptTrace Trace)> Trace(TraceSubject subject, int number, int count, IProgress<TraceProgress>? progress, CancellationToken cancellation)
    {
        using var runs = new PromptRuns(pipeline, subject, settings);
        var measure = Measure(runs, subject);
        var tracer = new TextEncoderTracer(runs[traced], measure, settings);
        var done = number * tracer.RunCount;
        if (scores is null)
        {
            var states = tracer.Trace(Advance, cancellation);
            return [.. measure.Names.Zip(states), (DirectEffects.Measure, DirectEffects.Of(runs[traced], states[0], pipeline.StatesOf))];
        }

        var (high, low) = tracer.Ends();
        var (clean, corrupted, reason) = Screening.Judge(subject.Texts, high, low, settings);
        var traces = reason is null ? tracer.Trace(Advance, cancellation) : tracer.Untraced(high, low);
        return [.. measure.Names.Zip(traces.Select(t => t with { CleanRecognition = clean, CorruptedRecognition = corrupted, ScreenedOut = reason }))];

        void Advance(int rows) => progress?.Report(new TraceProgress(subject.Subject, done += rows, count * tracer.RunCount));
    }

    private TraceControls Control(TraceSubject[] subjects, SiteEffect best, CancellationToken cancellation)
    {
        var isExact = true;
        var values = new ControlValues();
        foreach (var subject in subjects)
        {
            cancellation.ThrowIfCancellationRequested();
            using var runs = new PromptRuns(pipeline, subject, settings);
            using var donor = EncoderRuns.Create(pipeline.TextEncoders[traced], subject.With(subject.Donor), subject.Donor, subject.Contrast, settings with { Draws = 1 });
            var own = runs[traced];
            var tracer = new TextEncoderTracer(own, Measure(runs, subject), settings);
            ImmutableArray<int> positions = [.. own.Prompt.Rows.Where(r => r.Role == best.Role).SelectMany(r => r.Positions)];
            var aligned = new AlignedDonor(donor.Clean, Enumerable.Range(0, own.Prompt.Ids.Length).Select(p => own.Prompt.Match(donor.Prompt, p)));
            isExact &= IsIdentityExact(own, tracer.Sites);
            var (high, low) = tracer.Ends();
            values.High.AddRange(high[0]);
            values.Low.AddRange(low[0]);
            values.Restored.AddRange(tracer.Measure(own.Corrupted, best.Site, positions, new OneRun(own.Clean), false)[0]);
            values.Donor.AddRange(tracer.Measure(own.Corrupted, best.Site, positions, aligned, false)[0]);
            values.Random.AddRange(tracer.Measure(own.Corrupted, best.Site, positions, new RandomDirection(own.Clean, own.Corrupted, settings.Seed), false)[0]);
            values.Reverse.AddRange(tracer.Measure(own.Clean, best.Site, positions, new SameDraw(own.Corrupted), true)[0]);
        }

        return TraceControls.Of(isExact, values);
    }

    /// <summary>Patches every site with the run's own states; runs of the same shape without a patch must give the same bits.</summary>
    private bool IsIdentityExact(EncoderRuns runs, IEnumerable<TraceSite> sites)
    {
        using var scope = NewDisposeScope();
        ImmutableArray<int> everywhere = [.. Enumerable.Range(0, runs.Prompt.Ids.Length)];
        return sites.GroupBy(s => s.First).All(layer =>
        {
            CLIPTextOutput Patched(ImmutableArray<TraceSite> patched) => TextPatcher.Run(
                runs.Model, runs.Corrupted, [.. Enumerable.Range(0, settings.Draws).Select(draw => new PatchedRow(draw, draw, patched, everywhere))], new SameDraw(runs.Corrupted), layer.Key);
            var plain = Patched([]);
            return layer.All(site => Same(plain, Patched([site])));
        });

        static bool Same(CLIPTextOutput a, CLIPTextOutput b) => a.LastHiddenState.equal(b.LastHiddenState).all().item<bool>() && a.PoolerOutput.equal(b.PoolerOutput).all().item<bool>() && a.HiddenStates[^2].equal(b.HiddenStates[^2]).all().item<bool>();
    }

    private IRunMeasure Measure(PromptRuns runs, TraceSubject subject) => scores is null
        ? new EmbeddingMeasure(runs[traced].Clean.Output, pipeline.StatesOf)
        : new PictureMeasure(scores(subject), runs.All, traced, settings);
}
