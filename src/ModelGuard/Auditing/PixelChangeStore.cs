using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ModelGuard.Caching;
using ModelGuard.Diffusion.Images;
using ModelGuard.Diffusion.Pipeline;

namespace ModelGuard.Auditing;

/// <summary>1 − SSIM of each picture with the base's of the same prompt and seed, kept by batch: eight bytes a picture, so nobody need keep the pictures for it.</summary>
internal sealed class PixelChangeStore(PictureStore pictures, ContentCache cache)
{
    /// <summary>What an earlier run has kept of a batch; null where none has.</summary>
    public ImmutableArray<double>? TryGet(AuditModel edited, AuditModel baseline, ImmutableArray<GenerationItem> batch) =>
        cache.TryGet(Key(edited, baseline, batch)) is { } bytes && bytes.Length == batch.Length * sizeof(double) ? [.. MemoryMarshal.Cast<byte, double>(bytes)] : null;

    /// <summary>Compares the pictures of a batch, and keeps what comes of it.</summary>
    public ImmutableArray<double> Measure(AuditModel edited, AuditModel baseline, ImmutableArray<GenerationItem> batch, IEnumerable<RgbImage> after, IEnumerable<RgbImage> before)
    {
        ImmutableArray<double> changes = [.. after.Zip(before, (a, b) => 1 - StructuralSimilarity.Of(a, b))];
        cache.Put(Key(edited, baseline, batch), MemoryMarshal.AsBytes(changes.AsSpan()));
        return changes;
    }

    private CacheKey Key(AuditModel edited, AuditModel baseline, ImmutableArray<GenerationItem> batch) =>
        CacheKey.Of([("kind", "pixel-change-3"), .. pictures.Fields(edited, batch), .. pictures.Fields(baseline, batch)]);
}
