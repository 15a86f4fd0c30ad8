using ModelGuard.Diffusion.Clip;

namespace ModelGuard.Auditing;

/// <summary>The CLIP that judges, loaded when a picture or a text is met that no earlier run has embedded.</summary>
/// <param name="load">Loads it.</param>
/// <param name="context">All that embeddings depend on besides the picture or text: the folder's digest, device, threads, the tool's version.</param>
public sealed class AuditScorer(Func<ClipScorer> load, string context) : IDisposable
{
    private readonly Lazy<ClipScorer> clip = new(load);

    /// <summary>The loaded CLIP.</summary>
    public ClipScorer Clip => clip.Value;

    /// <summary>What its embeddings depend on.</summary>
    public string Context => context;

    /// <inheritdoc />
    public void Dispose()
    {
        if (clip.IsValueCreated) clip.Value.Dispose();
    }
}
