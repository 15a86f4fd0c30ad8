using System.Collections.Immutable;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;

namespace ModelGuard.Tracing;

/// <summary>
/// What pictures show that are made from the states: <c>clip-score</c>, the raw cosine with the subject's description, and
/// <c>recognition</c>, 1 where no other text has a larger one. Draw i is drawn from seed i, so that runs are paired.
/// </summary>
/// <param name="scores">Makes and scores pictures.</param>
/// <param name="encoders">The runs of all text encoders of the pipeline, in its order.</param>
/// <param name="traced">Which of them is traced.</param>
/// <param name="settings">Seeds.</param>
internal sealed class PictureMeasure(PictureScores scores, ImmutableArray<EncoderRuns> encoders, int traced, TraceSettings settings) : IRunMeasure
{
    /// <summary>Name of the raw cosine.</summary>
    public const string ClipScore = "clip-score";

    /// <summary>Name of the share of pictures that show the subject.</summary>
    public const string Recognition = "recognition";

    /// <inheritdoc />
    public ImmutableArray<string> Names { get; } = [ClipScore, Recognition];

    /// <inheritdoc />
    public double[][] Measure(CLIPTextOutput rows, IReadOnlyList<int> runs, bool isCleanElsewhere)
    {
        CLIPTextOutput[] outputs = [.. encoders.Select((e, i) => i == traced ? rows : isCleanElsewhere ? e.Clean.Output.Rows(runs.Select(_ => 0L)) : e.Corrupted.Output.Rows(runs.Select(r => (long)r)))];
        return scores.Score(scores.Pipeline.Combine(outputs), [.. runs.Select(r => new GenerationItem(encoders[traced].Prompt.Prompt, settings.Seed + r))]);
    }
}
