using ModelGuard.Diffusion.Pipeline;

namespace ModelGuard.Tracing;

/// <summary>Finds out where a checkpoint keeps what it knows.</summary>
/// <param name="pipeline">The checkpoint.</param>
/// <param name="settings">How.</param>
public sealed class Tracer(StableDiffusionPipeline pipeline, TraceSettings settings)
{
    /// <summary>Traces a text encoder in the space of its states: milliseconds for each run, no pictures.</summary>
    /// <param name="component">For example <c>text_encoder_2</c>.</param>
    /// <param name="subjects">Prompts with their subjects.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <exception cref="TraceException">MG1101 when a subject does not stand in its prompt.</exception>
    /// <exception cref="InvalidOperationException">The pipeline has no such text encoder.</exception>
    public ComponentTrace TextEncoder(string component, IReadOnlyList<TraceSubject> subjects, IProgress<TraceProgress>? progress = null, CancellationToken cancellation = default) =>
        new TextTrace(pipeline, component, settings, null).Run(subjects, progress, cancellation);

    /// <summary>Traces a text encoder in pictures; arguments and errors as of <see cref="TextEncoder"/>.</summary>
    public ComponentTrace TextEncoderInPictures(string component, IReadOnlyList<TraceSubject> subjects, PictureJudge judge, IProgress<TraceProgress>? progress = null, CancellationToken cancellation = default) =>
        new TextTrace(pipeline, component, settings, subject => judge.Scores(pipeline, subject)).Run(subjects, progress, cancellation);

    /// <summary>Traces the UNet: every module's output restored at every timestep; arguments and errors as of <see cref="TextEncoder"/>.</summary>
    public ComponentTrace UNet(IReadOnlyList<TraceSubject> subjects, PictureJudge judge, IProgress<TraceProgress>? progress = null, CancellationToken cancellation = default) =>
        new UNetTrace(pipeline, settings, judge, null).Run(subjects, progress, cancellation);

    /// <summary>Traces the UNet's cross-attention without noise, by keys and values of windows of layers; other arguments and errors as of <see cref="TextEncoder"/>.</summary>
    /// <param name="subjects">Prompts with their subjects and contrasts.</param>
    /// <param name="judge">Looks at pictures.</param>
    /// <param name="window">How many layers are replaced together.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    public ComponentTrace KeysAndValues(IReadOnlyList<TraceSubject> subjects, PictureJudge judge, int window, IProgress<TraceProgress>? progress = null, CancellationToken cancellation = default) =>
        new UNetTrace(pipeline, settings, judge, window).Run(subjects, progress, cancellation);
}
