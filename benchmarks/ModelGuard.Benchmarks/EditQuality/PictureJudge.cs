using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using ModelGuard.Caching;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;

namespace ModelGuard.Benchmarks.EditQuality;

/// <summary>Makes pictures and compares them with all texts of the world; results are kept, so that a run that was stopped goes on.</summary>
internal sealed class PictureJudge(ClipScorer scorer, ContentCache cache)
{
    /// <summary>As the sample's own figures are measured (MODEL_CARD.md).</summary>
    public static GenerationSettings Settings { get; } = new() { Scheduler = "ddim", Steps = 12, GuidanceScale = 7 };

    /// <summary>Cosines with <see cref="ShapeWorld.Texts"/> for each picture.</summary>
    /// <param name="model">Digest of the model.</param>
    /// <param name="pipeline">Opens it, when pictures are needed.</param>
    /// <param name="items">The pictures.</param>
    /// <param name="cancellation">Stops between two pictures.</param>
    public ImmutableArray<double[]> Cosines(string model, Lazy<StableDiffusionPipeline> pipeline, IReadOnlyList<GenerationItem> items, CancellationToken cancellation)
    {
        var known = items.Select(i => cache.TryGet(Key(model, i)) is { } bytes ? MemoryMarshal.Cast<byte, double>(bytes).ToArray() : null).ToArray();
        int[] missing = [.. Enumerable.Range(0, items.Count).Where(i => known[i] is null)];
        foreach (var chunk in missing.Chunk(64))
        {
            var pictures = pipeline.Value.Generate([.. chunk.Select(i => items[i])], Settings, cancellation: cancellation).ToArray();
            foreach (var picture in pictures) picture.Latents.Dispose();
            var cosines = scorer.Cosines([.. pictures.Select(p => p.Image)], ShapeWorld.Texts);
            foreach (var (i, row) in chunk.Index().Select(c => (c.Item, c.Index)))
            {
                known[i] = [.. Enumerable.Range(0, ShapeWorld.Texts.Length).Select(column => cosines[row, column])];
                cache.Put(Key(model, items[i]), MemoryMarshal.AsBytes<double>(known[i]));
            }
        }

        return [.. known.Select(k => k!)];
    }

    private static CacheKey Key(string model, GenerationItem item) => CacheKey.Of(
        ("kind", "edit-quality 1"), ("model", model), ("prompt", item.Prompt), ("seed", item.Seed.ToString(CultureInfo.InvariantCulture)), ("settings", Settings.ToString()), ("texts", string.Join('|', ShapeWorld.Texts)));
}
