using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using ModelGuard.Caching;
using ModelGuard.Diffusion.Images;
using ModelGuard.Diffusion.Pipeline;

namespace ModelGuard.Auditing;

/// <summary>Draws batches of pictures, and keeps those that somebody wants to see: a hundred times the size of their embeddings, they are kept for nobody else.</summary>
internal sealed class PictureStore(GenerationSettings settings, ContentCache cache)
{
    private const int HeaderLength = 2 * sizeof(int);
    private const int Channels = 3;

    /// <summary>How many pictures had to be drawn.</summary>
    public int Drawn { get; private set; }

    /// <summary>All that a batch of pictures depends on.</summary>
    public IEnumerable<(string Name, string Value)> Fields(AuditModel model, ImmutableArray<GenerationItem> batch) =>
        [("model", model.Context), ("settings", settings.ToString()), .. batch.SelectMany(i => new[] { ("prompt", i.Prompt), ("seed", i.Seed.ToString(CultureInfo.InvariantCulture)) })];

    /// <summary>A batch that an earlier run has kept, or that is drawn now and kept.</summary>
    public ImmutableArray<RgbImage> Get(AuditModel model, ImmutableArray<GenerationItem> batch, CancellationToken cancellation)
    {
        var key = CacheKey.Of([("kind", "pictures-3"), .. Fields(model, batch)]);
        if (cache.TryGet(key) is { } bytes && FromBytes(bytes, batch.Length) is { } known) return known;
        var drawn = Draw(model, batch, cancellation);
        cache.Put(key, ToBytes(drawn));
        return drawn;
    }

    /// <summary>A batch, drawn now.</summary>
    public ImmutableArray<RgbImage> Draw(AuditModel model, ImmutableArray<GenerationItem> batch, CancellationToken cancellation)
    {
        var images = ImmutableArray.CreateBuilder<RgbImage>(batch.Length);
        foreach (var picture in model.Pipeline.Generate(batch, settings, cancellation: cancellation))
        {
            picture.Latents.Dispose();
            images.Add(picture.Image);
        }

        Drawn += batch.Length;
        return images.ToImmutable();
    }

    /// <summary>Width and height of all pictures of a batch, then their bytes.</summary>
    private static byte[] ToBytes(ImmutableArray<RgbImage> images)
    {
        var size = images[0].Pixels.Length;
        var bytes = new byte[HeaderLength + (images.Length * size)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, images[0].Width);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(sizeof(int)), images[0].Height);
        for (var i = 0; i < images.Length; i++) images[i].Pixels.CopyTo(bytes.AsSpan(HeaderLength + (i * size)));
        return bytes;
    }

    private static ImmutableArray<RgbImage>? FromBytes(byte[] bytes, int count)
    {
        if (bytes.Length < HeaderLength) return null;
        var (width, height) = (BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(sizeof(int))));
        var size = (long)Channels * width * height;
        if (width <= 0 || height <= 0 || bytes.Length != HeaderLength + (count * size)) return null;
        return [.. Enumerable.Range(0, count).Select(i => new RgbImage(width, height, bytes.AsSpan(HeaderLength + (i * (int)size), (int)size).ToArray()))];
    }
}
