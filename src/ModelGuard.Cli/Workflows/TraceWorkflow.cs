using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using ModelGuard.Caching;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Commands;
using ModelGuard.Cli.Terminal;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Reports;
using ModelGuard.Reports.HeatMaps;
using ModelGuard.Tracing;

namespace ModelGuard.Cli.Workflows;

/// <summary>Checkpoint and prompts → traces, heat maps, pictures.</summary>
internal sealed class TraceWorkflow(TraceRequest request, TraceSettings settings, string[] places, TracePlace place, Output output, TimeProvider clock)
{
    /// <summary>Traces, shows and writes; the exit code is that of an inconclusive result only when nothing at all could be said.</summary>
    /// <param name="folder">Where files go; null for nowhere.</param>
    /// <param name="cancellation">Stops between two batches; what was drawn so far is kept in the cache.</param>
    public int Run(string? folder, CancellationToken cancellation)
    {
        var started = clock.GetUtcNow();
        var device = ComputeDevice.Parse(place.Device);
        var checkpoint = CheckpointOpening.Open(request.Model, request.Options, output);
        using var pipeline = StableDiffusionPipeline.Load(checkpoint, device, ComputeType.Parse(place.Dtype, device));
        var digest = Digests.RootDigest(request.Model, place.Links, DigestCache.OfUser(clock), cancellation: cancellation);
        var looks = places.Any(p => p != "text-encoder");
        using var scorer = looks ? ClipScorer.Load(request.Scorer!, device) : null;
        var scorerDigest = looks ? PictureScoring.DigestOf(request.Scorer!) : null;
        var environment = looks ? Backend.Describe(place.Device, place.Dtype) : Backend.DescribeEdit();
        var judge = scorer is null ? null : new PictureJudge(scorer, request.Generation, PictureScoring.Store(checkpoint, digest, scorerDigest!, request.Generation, environment, ContentCache.OfUser(clock)));
        var tracer = new Tracer(pipeline, settings);
        var concepts = ImmutableArray.CreateBuilder<ConceptTrace>();
        foreach (var (id, subjects) in request.Concepts)
        {
            var components = places.SelectMany(p => Trace(p, id, pipeline, tracer, subjects, judge, cancellation)).ToImmutableArray();
            concepts.Add(new ConceptTrace(id, components));
            if (!output.Json) foreach (var component in components) Show(id, component);
            if (folder is not null) foreach (var component in components) WriteFigures(folder, id, component, FirstCounted(component, subjects), pipeline, judge, cancellation);
        }

        if (judge is not null) output.Say(string.Create(CultureInfo.InvariantCulture, $"{judge.Store.Drawn} picture(s) drawn; scores of all others were known."));
        if (folder is not null && !SystemFont.IsThere) output.Say("This system has no TrueType font in its usual place, so the PNG files have no letters; the SVG files have them.");
        var report = new TraceReport
        {
            ToolVersion = EditWorkflow.ToolVersion,
            Model = new ModelReference(Path.GetFileName(Path.TrimEndingDirectorySeparator(request.Model)), digest),
            ScorerDigest = scorerDigest,
            Environment = environment,
            Settings = settings,
            Generation = looks ? request.Generation : null,
            Concepts = concepts.ToImmutable(),
            Run = new RunFacts(started, clock.GetUtcNow() - started, null, $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}"),
        };
        var bytes = TraceJson.Write(report);
        if (folder is not null) AtomicFile.Write(Path.Combine(folder, TraceReport.FileName), bytes);
        if (output.Json) output.Standard.Write(Encoding.UTF8.GetString(bytes));
        return report.Concepts.SelectMany(c => c.Components).All(c => c.Conclusion == TraceConclusion.Inconclusive) ? ExitCodes.CouldNotRun : ExitCodes.Success;
    }

    private ComponentTrace[] Trace(string where, string id, StableDiffusionPipeline pipeline, Tracer tracer, ImmutableArray<TraceSubject> subjects, PictureJudge? judge, CancellationToken cancellation)
    {
        using var line = output.Progress($"Tracing {id}");
        var progress = new TraceForwarder(line);
        return where switch
        {
            "text-encoder" => [.. pipeline.TextEncoders.Select(e => tracer.TextEncoder(e.Component, subjects, progress, cancellation))],
            "text-encoder-pictures" => [.. pipeline.TextEncoders.Select(e => tracer.TextEncoderInPictures(e.Component, subjects, judge!, progress, cancellation))],
            "unet" => [tracer.UNet(subjects, judge!, progress, cancellation)],
            _ => [tracer.KeysAndValues(subjects, judge!, settings.Window, progress, cancellation)],
        };
    }

    private void Show(string id, ComponentTrace trace)
    {
        var map = TraceHeatMap.Of(id, trace);
        output.Line($"{map.Title}: {map.Subtitle}");
        foreach (var panel in map.Panels) output.Table(HeatMapView.Create(panel));
        foreach (var screened in trace.Prompts.Where(p => p.ScreenedOut is not null)) output.Line($"  left out: '{screened.Prompt}': {screened.ScreenedOut}");
        if (trace.Localisation.Best is { } best) output.Line(string.Create(CultureInfo.InvariantCulture, $"  best: {Describe(best)}"));
        if (trace.Localisation.Next is { } next) output.Line(string.Create(CultureInfo.InvariantCulture, $"  next layer: {Describe(next)}; lead {trace.Localisation.Lead:0.000}{Interval(trace.Localisation.LeadInterval)}. {trace.Localisation.Explanation}"));
        if (trace.Controls is { } controls)
        {
            output.Line(string.Create(CultureInfo.InvariantCulture, $"  controls: identity {(controls.IdentityIsExact ? "exact" : "NOT EXACT")}, unrelated donor {controls.Donor.Share:0.000}, random direction {controls.Random.Share:0.000}, corrupted into clean takes {controls.Reverse.Margin:0.000} ({(controls.IsNecessary ? "necessary" : "not necessary: the same is held elsewhere, too")}): {(controls.Passed ? "passed" : "failed")}"));
        }

        output.Line("");
    }

    private static string Describe(SiteEffect effect) => string.Create(CultureInfo.InvariantCulture, $"{effect.Site.Path} at {TraceHeatMap.Label(effect.Role)}, share {effect.Share:0.000}{Interval(effect.Interval)}");

    private static string Interval(Verdicts.Interval? interval) => interval is null ? "" : string.Create(CultureInfo.InvariantCulture, $" ({interval.Low:0.000} … {interval.High:0.000})");

    private static TraceSubject? FirstCounted(ComponentTrace trace, ImmutableArray<TraceSubject> subjects) =>
        trace.Prompts.FirstOrDefault(p => p.ScreenedOut is null) is { } counted ? subjects.First(s => s.Prompt == counted.Prompt) : null;

    private void WriteFigures(string folder, string id, ComponentTrace trace, TraceSubject? subject, StableDiffusionPipeline pipeline, PictureJudge? judge, CancellationToken cancellation)
    {
        var name = Path.Combine(folder, string.Join('-', FileName(id), trace.Component, trace.What, trace.Measure));
        var map = TraceHeatMap.Of(id, trace);
        AtomicFile.Write(name + ".png", HeatMapDrawing.ToPng(map));
        AtomicFile.Write(name + ".svg", HeatMapDrawing.ToSvg(map));
        if (judge is null || subject is null || trace.Measure != "clip-score" || trace.Localisation.Best is not { } best) return;
        var pictures = new TracePictures(pipeline, settings, judge.Settings).Draw(trace, subject, best, Math.Min(settings.Draws, 4), cancellation);
        AtomicFile.Write(name + "-pictures.png", PictureSheet.ToPng(pictures));
    }

    // A subject may hold anything; a file name may not.
    private static string FileName(string id) => new([.. id.Select(c => char.IsLetterOrDigit(c) || c is '-' or '_' ? c : '-')]);
}
