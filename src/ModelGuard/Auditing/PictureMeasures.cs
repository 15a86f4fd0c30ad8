using System.Collections.Immutable;
using ModelGuard.Caching;
using ModelGuard.Diffusion.Images;
using ModelGuard.Policies;

namespace ModelGuard.Auditing;

/// <summary>Measures batches of pictures: how near they are to texts, and how far those of one model are from the base's.</summary>
/// <param name="edited">The checkpoint.</param>
/// <param name="baseline">Its base, which may be the same object; null for none.</param>
/// <param name="scorer">The CLIP.</param>
/// <param name="policy">What is looked at, and how pictures are made.</param>
/// <param name="cache">Keeps results between runs.</param>
internal sealed class PictureMeasures(AuditModel edited, AuditModel? baseline, AuditScorer scorer, Policy policy, ContentCache cache)
{
    private readonly EmbeddingStore embeddings = new(scorer, Audit.Settings(policy.Generation), cache);
    private readonly PixelChangeStore pixels = new(new PictureStore(Audit.Settings(policy.Generation), cache), cache);
    private (AuditSubject Subject, Embeddings Embedded)? texts;

    /// <summary>How many pictures had to be drawn so far.</summary>
    public int Drawn => embeddings.Drawn;

    /// <summary>Measures a batch.</summary>
    /// <param name="unit">The batch.</param>
    /// <param name="keep">Takes each picture; null where nobody wants to see them.</param>
    /// <param name="finished">Told of each model whose pictures are finished.</param>
    /// <param name="cancellation">Stops between two steps of a generation.</param>
    public UnitResult Measure(AuditUnit unit, Action<AuditPicture>? keep, Action finished, CancellationToken cancellation)
    {
        // Units of a concept follow each other.
        if (texts?.Subject != unit.Subject) texts = (unit.Subject, embeddings.Texts(unit.Subject.Columns));
        var embedded = texts.Value.Embedded;
        var isItsOwnBase = ReferenceEquals(edited, baseline);
        var known = KnownPixelChange();
        var images = new Dictionary<AuditModel, RgbImage[]>();
        var after = Pictures(edited);
        if (baseline is null) return new UnitResult(unit.Digest, Embeddings.Cosines(after, embedded), []);
        var before = isItsOwnBase ? after : Pictures(baseline);
        return new UnitResult(unit.Digest, Embeddings.Cosines(after, embedded), Embeddings.Cosines(before, embedded))
        {
            ImageChange = ImageChanges.Count(ImageChanges.Image, unit, policy) > 0 ? Embeddings.Distances(after, before) : [],
            PixelChange = known ?? pixels.Measure(edited, baseline, unit.Items, images[edited], images[baseline]),
        };

        ImmutableArray<double>? KnownPixelChange()
        {
            if (baseline is null || ImageChanges.Count(ImageChanges.Pixel, unit, policy) == 0) return [];
            return isItsOwnBase ? [.. unit.Items.Select(_ => 0.0)] : pixels.TryGet(edited, baseline, unit.Items);
        }

        Embeddings Pictures(AuditModel model)
        {
            if (known is null) images[model] = new RgbImage[unit.Items.Length];
            var result = embeddings.Pictures(model, unit.Items, known is null || keep is not null ? Show : null, cancellation);
            finished();
            return result;

            void Show(int i, RgbImage image)
            {
                if (images.TryGetValue(model, out var shown)) shown[i] = image;
                keep?.Invoke(new AuditPicture(unit.Subject, unit.Items[i], !isItsOwnBase && ReferenceEquals(model, baseline), image));
            }
        }
    }
}
