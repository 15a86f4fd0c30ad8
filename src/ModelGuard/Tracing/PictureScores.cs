using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Images;
using ModelGuard.Diffusion.Pipeline;
using static TorchSharp.torch;

namespace ModelGuard.Tracing;

/// <summary>Makes pictures from text states and scores them. Equal states with equal seeds are drawn once.</summary>
/// <param name="pipeline">Draws.</param>
/// <param name="scorer">Judges.</param>
/// <param name="settings">How pictures are made.</param>
/// <param name="texts">First the subject's description, then what it could be taken for.</param>
internal sealed class PictureScores(StableDiffusionPipeline pipeline, ClipScorer scorer, GenerationSettings settings, ImmutableArray<string> texts)
{
    private readonly Dictionary<string, double[]> known = new(StringComparer.Ordinal);

    /// <summary>Draws.</summary>
    public StableDiffusionPipeline Pipeline => pipeline;

    /// <summary>How many pictures were drawn so far.</summary>
    public int Drawn { get; private set; }

    /// <summary>Told about each picture that was drawn, with its key.</summary>
    public Action<string, RgbImage>? Draw { get; init; }

    /// <summary>Scores rows.</summary>
    /// <param name="states">Text states, one row a picture.</param>
    /// <param name="items">Names and seeds.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>Raw cosines with the first text, and whether it is the largest.</returns>
    public double[][] Score(PromptStates states, IReadOnlyList<GenerationItem> items, CancellationToken cancellation = default)
    {
        var keys = Keys(states, items);
        int[] missing = [.. Enumerable.Range(0, items.Count).Where(i => !known.ContainsKey(keys[i])).DistinctBy(i => keys[i], StringComparer.Ordinal)];
        if (missing.Length > 0)
        {
            using var scope = NewDisposeScope();
            var images = new List<RgbImage>(missing.Length);
            foreach (var picture in pipeline.Generate([.. missing.Select(i => items[i])], states.Rows(missing.Select(i => (long)i)), settings, null, cancellation))
            {
                picture.Latents.Dispose();
                images.Add(picture.Image);
            }

            var cosines = scorer.Cosines(images, texts);
            for (var m = 0; m < missing.Length; m++) known[keys[missing[m]]] = [.. Enumerable.Range(0, texts.Length).Select(t => cosines[m, t])];
            Drawn += missing.Length;
        }

        var rows = keys.Select(k => known[k]).ToArray();
        return [[.. rows.Select(r => r[0])], [.. rows.Select(r => r.Skip(1).All(v => v < r[0]) ? 1.0 : 0.0)]];
    }

    private static string[] Keys(PromptStates states, IReadOnlyList<GenerationItem> items)
    {
        using var scope = NewDisposeScope();
        var (rows, pooled) = (states.States.cpu().contiguous(), states.Pooled?.cpu().contiguous());
        return [.. items.Select((item, i) =>
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData(rows[i].bytes);
            if (pooled is not null) hash.AppendData(pooled[i].bytes);
            hash.AppendData(MemoryMarshal.AsBytes<long>([item.Seed]));
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        })];
    }
}
