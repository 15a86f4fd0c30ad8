using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Tracing;

namespace ModelGuard.Auditing;

/// <summary>A checkpoint as an audit uses it: loaded when something has to be computed with it that no earlier run has kept.</summary>
/// <param name="load">Loads it.</param>
/// <param name="context">All that its pictures depend on besides prompts, seeds and settings: the digest of its components, device, type, threads, the tool's version.</param>
/// <param name="scores">Scores of its traced pictures.</param>
public sealed class AuditModel(Func<StableDiffusionPipeline> load, string context, ScoreStore scores) : IDisposable
{
    private readonly Lazy<StableDiffusionPipeline> pipeline = new(load);

    /// <summary>The loaded checkpoint.</summary>
    public StableDiffusionPipeline Pipeline => pipeline.Value;

    /// <summary>What its pictures depend on.</summary>
    public string Context => context;

    /// <summary>Scores of its traced pictures.</summary>
    public ScoreStore Scores => scores;

    /// <inheritdoc />
    public void Dispose()
    {
        if (pipeline.IsValueCreated) pipeline.Value.Dispose();
    }
}
