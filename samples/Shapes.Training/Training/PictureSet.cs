using Shapes.Training.World;
using static TorchSharp.torch;

namespace Shapes.Training.Training;

/// <summary>Scenes drawn once and kept as bytes.</summary>
internal sealed class PictureSet
{
    private readonly Scene[] scenes;
    private readonly Tensor bytes;

    public PictureSet(ulong seed, int count)
    {
        const int Bytes = SceneRenderer.Side * SceneRenderer.Side * 3;
        scenes = [.. Enumerable.Range(0, count).Select(i => SceneSampler.Sample(seed, (ulong)i))];
        bytes = empty([count, SceneRenderer.Side, SceneRenderer.Side, 3], dtype: ScalarType.Byte).DetachFromDisposeScope();
        using var renderer = new SceneRenderer();
        var target = bytes.bytes;
        for (var i = 0; i < count; i++) renderer.Render(scenes[i]).CopyTo(target.Slice(i * Bytes, Bytes));
    }

    public int Count => scenes.Length;

    /// <summary>Pictures with a caption each; a share of the captions is empty.</summary>
    public Draw Draw(int count, Generator generator, double emptyCaptions = 0)
    {
        var indices = randint(0, Count, [count], dtype: ScalarType.Int64, generator: generator);
        var drawn = indices.data<long>().Select(i => scenes[i]).ToArray();
        using var salt = randint(0, long.MaxValue, [1], dtype: ScalarType.Int64, generator: generator);
        var random = new CounterRandom((ulong)salt.item<long>(), 0);
        return new Draw(indices, drawn, [.. drawn.Select(s => random.Chance(emptyCaptions) ? new Caption("") : CaptionWriter.Write(s, random))]);
    }

    /// <summary>The drawn pictures, −1…1 [n, 3, 64, 64].</summary>
    public Tensor Pixels(Draw draw) => Normalise(bytes.index_select(0, draw.Indices));

    /// <summary>Pictures by place, −1…1 [n, 3, 64, 64].</summary>
    public Tensor Pixels(int start, int count) => Normalise(bytes.narrow(0, start, count));

    private static Tensor Normalise(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        return pictures.permute(0, 3, 1, 2).to(float32).div(127.5).sub(1).contiguous().MoveToOuterDisposeScope();
    }
}

/// <summary>A batch.</summary>
/// <param name="Indices">Places in the set [n].</param>
/// <param name="Scenes">What the pictures show.</param>
/// <param name="Captions">One for each picture.</param>
internal sealed record Draw(Tensor Indices, IReadOnlyList<Scene> Scenes, IReadOnlyList<Caption> Captions)
{
    /// <summary>1 where caption j is true of picture i, [n, n].</summary>
    public Tensor Truths() => tensor(Scenes.SelectMany(s => Captions.Select(c => c.IsTrueOf(s) ? 1f : 0f)).ToArray()).view(Scenes.Count, Captions.Count);
}
