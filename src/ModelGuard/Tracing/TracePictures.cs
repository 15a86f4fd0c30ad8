using System.Collections.Immutable;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Images;
using ModelGuard.Diffusion.Pipeline;
using static TorchSharp.torch;

namespace ModelGuard.Tracing;

/// <summary>Pictures of one kind of run.</summary>
/// <param name="Label">Which.</param>
/// <param name="Images">One for each draw.</param>
public sealed record RunPictures(string Label, ImmutableArray<RgbImage> Images);

/// <summary>Draws what a trace is about: clean, corrupted and restored, from the same seeds.</summary>
/// <param name="pipeline">The checkpoint.</param>
/// <param name="settings">How it was traced.</param>
/// <param name="generation">How pictures are made.</param>
public sealed class TracePictures(StableDiffusionPipeline pipeline, TraceSettings settings, GenerationSettings generation)
{
    /// <summary>The first draws of a prompt, restored at the best site.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="subject">The prompt.</param>
    /// <param name="best">The site.</param>
    /// <param name="draws">How many.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    public ImmutableArray<RunPictures> Draw(ComponentTrace trace, TraceSubject subject, SiteEffect best, int draws, CancellationToken cancellation = default)
    {
        using var held = FinalizerHold.Enter();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var few = settings with { Draws = draws };
        return trace.Component == "unet" ? InUNet(trace, subject, best, few, cancellation) : InTextEncoder(trace, subject, best, few, cancellation);
    }

    private ImmutableArray<RunPictures> InTextEncoder(ComponentTrace trace, TraceSubject subject, SiteEffect best, TraceSettings few, CancellationToken cancellation)
    {
        using var runs = new PromptRuns(pipeline, subject, few);
        var traced = pipeline.TextEncoders.IndexOf(pipeline.TextEncoders.First(e => e.Component == trace.Component));
        var own = runs[traced];
        ImmutableArray<int> positions = [.. own.Prompt.Rows.Where(r => r.Role == best.Role).SelectMany(r => r.Positions)];
        PatchedRow[] rows = [.. Enumerable.Range(0, few.Draws).Select(d => new PatchedRow(d, d, [best.Site], positions))];
        var restored = TextPatcher.Run(own.Model, own.Corrupted, rows, new OneRun(own.Clean), best.Site.First);
        var clean = pipeline.Combine([.. runs.All.Select(r => r.Clean.Output)]).Rows(Enumerable.Repeat(0L, few.Draws));
        var corrupted = pipeline.Combine([.. runs.All.Select(r => r.Corrupted.Output)]);
        return
        [
            new("clean", Pictures(clean, subject, cancellation)),
            new("corrupted", Pictures(corrupted, subject, cancellation)),
            new("restored", Pictures(pipeline.Combine([.. runs.All.Select((r, i) => i == traced ? restored : r.Corrupted.Output)]), subject, cancellation)),
        ];
    }

    private ImmutableArray<RunPictures> InUNet(ComponentTrace trace, TraceSubject subject, SiteEffect best, TraceSettings few, CancellationToken cancellation)
    {
        var (high, low) = UNetTrace.States(pipeline, subject, few, isNoisy: trace.What == "states").Ends;
        var kinds = new[] { "clean", trace.What == "states" ? "corrupted" : "contrast", "restored" };
        var images = kinds.Select(_ => ImmutableArray.CreateBuilder<RgbImage>()).ToArray();
        for (var draw = 0; draw < few.Draws; draw++)
        {
            var states = PromptStates.Concatenate([high, low.Rows([draw]), low.Rows([draw])]);
            var pictures = Lockstep.Generate(pipeline, [.. kinds.Select(_ => new GenerationItem(subject.Prompt, few.Seed + draw))], states, [new LockstepPatch(2, 0, best.Site)], generation, cancellation);
            for (var i = 0; i < kinds.Length; i++) images[i].Add(pictures[i].Image);
        }

        return [.. kinds.Zip(images, (kind, list) => new RunPictures(kind, list.ToImmutable()))];
    }

    private ImmutableArray<RgbImage> Pictures(PromptStates states, TraceSubject subject, CancellationToken cancellation) =>
        [.. pipeline.Generate([.. Enumerable.Range(0, checked((int)states.States.shape[0])).Select(d => new GenerationItem(subject.Prompt, settings.Seed + d))], states, generation, cancellation: cancellation).Select(p => p.Image)];
}
