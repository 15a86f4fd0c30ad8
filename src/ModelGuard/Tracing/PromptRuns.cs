using System.Collections.Immutable;
using ModelGuard.Diffusion.Pipeline;

namespace ModelGuard.Tracing;

/// <summary>The runs of one prompt through all text encoders of a pipeline.</summary>
internal sealed class PromptRuns : IDisposable
{
    /// <summary>Runs a prompt.</summary>
    /// <exception cref="TraceException">MG1101 when the subject does not stand in the prompt.</exception>
    public PromptRuns(StableDiffusionPipeline pipeline, TraceSubject subject, TraceSettings settings) =>
        All = [.. pipeline.TextEncoders.Select(e => EncoderRuns.Create(e, subject.Prompt, subject.Subject, subject.Contrast, settings))];

    /// <summary>One for each encoder, in the pipeline's order.</summary>
    public ImmutableArray<EncoderRuns> All { get; }

    /// <summary>Those of one encoder.</summary>
    public EncoderRuns this[int encoder] => All[encoder];

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var runs in All) runs.Dispose();
    }
}
