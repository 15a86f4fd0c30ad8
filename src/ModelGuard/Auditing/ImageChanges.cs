using ModelGuard.Policies;

namespace ModelGuard.Auditing;

/// <summary>
/// Metrics of how far a picture of the edited model is from the base's of the same prompt and seed, measured where a gate asks for them:
/// <c>image-change</c>, 1 − cosine of the scorer's embeddings of both, and <c>pixel-change</c>, 1 − SSIM of both (Wang et al., 2004).
/// </summary>
internal static class ImageChanges
{
    /// <summary>The change of embeddings.</summary>
    public const string Image = "image-change";

    /// <summary>The change of pixels.</summary>
    public const string Pixel = "pixel-change";

    /// <summary>How many values of a metric a batch has.</summary>
    public static int Count(string metric, AuditUnit unit, Policy policy) => policy.Gates.Any(g => g.Metric == metric && g.On == unit.Subject.Scope) ? unit.Items.Length : 0;
}
