using System.Collections.Immutable;
using System.Globalization;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using static TorchSharp.torch;

namespace ModelGuard.Tracing;

/// <summary>Makes pictures from text states and scores them. Equal states with equal seeds are drawn once.</summary>
/// <param name="pipeline">Draws.</param>
/// <param name="scorer">Judges.</param>
/// <param name="settings">How pictures are made.</param>
/// <param name="texts">First the subject's description, then what it could be taken for.</param>
/// <param name="store">Scores of pictures that were drawn before.</param>
internal sealed class PictureScores(StableDiffusionPipeline pipeline, ClipScorer scorer, GenerationSettings settings, ImmutableArray<string> texts, ScoreStore store)
{
    /// <summary>Draws.</summary>
    public StableDiffusionPipeline Pipeline => pipeline;

    /// <summary>How pictures are made.</summary>
    public GenerationSettings Settings => settings;

    /// <summary>Scores rows.</summary>
    /// <param name="states">Text states, one row a picture.</param>
    /// <param name="items">Names and seeds.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>Raw cosines with the first text, and 1 where it is the largest.</returns>
    public double[][] Score(PromptStates states, IReadOnlyList<GenerationItem> items, CancellationToken cancellation = default)
    {
        string[] keys = [.. items.Select((item, i) => string.Create(CultureInfo.InvariantCulture, $"states {ScoreStore.Digest(states, i)} seed {item.Seed}"))];
        int[] missing = [.. Enumerable.Range(0, items.Count).Where(i => store.TryGet(Named(keys[i])) is null).DistinctBy(i => keys[i], StringComparer.Ordinal)];
        // A batch at a time, so that a stopped trace loses no more than one.
        foreach (var batch in missing.Chunk(pipeline.PicturesPerBatch(settings)))
        {
            if (TryLoad([.. batch.Select(i => keys[i])])) continue;
            using var scope = NewDisposeScope();
            Keep([.. batch.Select(i => keys[i])], [.. pipeline.Generate([.. batch.Select(i => items[i])], states.Rows(batch.Select(i => (long)i)), settings, cancellation: cancellation)]);
        }

        return Measures([.. keys.Select(k => store.TryGet(Named(k))!.Value)]);
    }

    /// <summary>Scores pictures that were drawn elsewhere.</summary>
    /// <param name="keys">What they were drawn from.</param>
    /// <param name="pictures">The pictures; their latents are disposed.</param>
    public void Keep(IReadOnlyList<string> keys, IReadOnlyList<GeneratedPicture> pictures)
    {
        foreach (var picture in pictures) picture.Latents.Dispose();
        var cosines = scorer.Cosines([.. pictures.Select(p => p.Image)], texts);
        store.Put([.. keys.Select(Named)], [.. keys.Select((_, i) => Enumerable.Range(0, texts.Length).Select(t => cosines[i, t]).ToImmutableArray())]);
    }

    /// <summary>Whether the scores of pictures that are drawn together are known.</summary>
    public bool TryLoad(IReadOnlyList<string> keys) => store.TryLoad([.. keys.Select(Named)]);

    /// <summary>Scores that are known by a key; null when they are not.</summary>
    public ImmutableArray<double>? TryGet(string key) => store.TryGet(Named(key));

    /// <summary>Cosines of pictures → what is measured on them, as <see cref="Score"/> returns it.</summary>
    public static double[][] Measures(IReadOnlyList<ImmutableArray<double>> cosines) =>
        [[.. cosines.Select(r => r[0])], [.. cosines.Select(r => r.Skip(1).All(v => v < r[0]) ? 1.0 : 0.0)]];

    // The same picture under other texts has other scores.
    private string Named(string key) => key + " texts " + string.Join('\n', texts);
}
