using System.Collections.Immutable;
using ModelGuard.Caching;
using ModelGuard.Tracing;

namespace ModelGuard.Tests.Tracing;

/// <summary>What a trace that was stopped finds when it goes on.</summary>
public sealed class ScoreStoreTests : IDisposable
{
    private static readonly ImmutableArray<ImmutableArray<double>> Scores = [[0.1, 0.2], [1 / 3.0, double.NaN]];

    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_batch_is_found_as_a_whole_with_its_exact_numbers()
    {
        Open().Put(["a", "b"], Scores);

        var again = Open();

        Assert.Null(again.TryGet("a"));
        Assert.True(again.TryLoad(["a", "b"]));
        Assert.Equal(Scores[0], again.TryGet("a")!.Value);
        Assert.Equal(Scores[1], again.TryGet("b")!.Value);
        Assert.Equal(0, again.Drawn);
    }

    [Theory]
    // The same pictures in other batches may differ in the last bit.
    [InlineData("a")]
    [InlineData("b a")]
    [InlineData("a b c")]
    [InlineData("ab")]
    public void Another_batch_is_drawn_anew(string batch)
    {
        Open().Put(["a", "b"], Scores);

        Assert.False(Open().TryLoad(batch.Split(' ')));
    }

    [Fact]
    public void Within_a_run_the_first_batch_of_a_picture_counts_in_whatever_batch_it_is_asked_for()
    {
        var store = Open();
        store.Put(["a", "b"], Scores);
        store.Put(["b", "c"], [[9, 9], [8, 8]]);

        Assert.True(store.TryLoad(["c", "a"]));
        Assert.Equal(Scores[1], store.TryGet("b")!.Value);
        Assert.Equal(4, store.Drawn);
    }

    [Fact]
    public void Another_context_finds_nothing()
    {
        Open().Put(["a", "b"], Scores);

        Assert.False(Open("another").TryLoad(["a", "b"]));
    }

    public void Dispose() => folder.Dispose();

    private ScoreStore Open(string context = "context") => new(new ContentCache(folder.Path, 1_000_000, TimeProvider.System), context);
}
