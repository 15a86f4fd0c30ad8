namespace ModelGuard.Checkpoints.Tests.Publication;

/// <summary>Kills a real process while it publishes.</summary>
public sealed class KillTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Target => folder["out"];

    [Fact]
    public void A_kill_at_any_moment_leaves_one_whole_generation_and_the_next_publication_cleans_up()
    {
        const int Kills = 25;
        var random = new Random(20260501);
        var (generation, withLitter) = (0, 0);
        for (var kill = 0; kill < Kills; kill++)
        {
            using var process = new PublishingProcess(Target, generation + 1);
            var last = WaitFor(process, kill % 3 == 0 ? "published" : "filling", times: 1 + random.Next(3));
            // Some moments lie in the filling and the flushes; others at the exchange: when the next generation is seen, or part of one is not.
            if (kill % 2 == 0) Thread.SpinWait(random.Next(1, 1 << random.Next(1, 22)));
            else WatchExchanges(process, 1 + random.Next(3));
            process.Kill();

            var found = PublishingProcess.Generation(Target);
            Assert.True(found >= Math.Max(generation, last), $"Generation {Math.Max(generation, last)} was published, then {found} was there.");
            if (Directory.GetFileSystemEntries(folder.Path).Length > 1) withLitter++;

            generation = found + 1;
            CheckpointPublisher.Publish(Target, partial => PublishingProcess.Fill(partial, generation));
            Assert.Equal(generation, PublishingProcess.Generation(Target));
            Assert.Equal(Target, Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path)));
        }

        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{withLitter} of {Kills} kills left something to clean up, after {generation} generations."));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_kill_in_the_middle_of_a_publication_leaves_the_old_state(bool existed)
    {
        if (existed) CheckpointPublisher.Publish(Target, partial => PublishingProcess.Fill(partial, 7));
        using var process = new PublishingProcess(Target, PublishingProcess.Unfinished);
        WaitFor(process, "filling", 1);
        process.Kill();

        if (existed) Assert.Equal(7, PublishingProcess.Generation(Target));
        else Assert.False(Path.Exists(Target));
        Assert.Equal(existed ? 2 : 1, Directory.GetFileSystemEntries(folder.Path).Length);
        CheckpointPublisher.Publish(Target, partial => PublishingProcess.Fill(partial, 8));

        Assert.Equal(8, PublishingProcess.Generation(Target));
        Assert.Equal(Target, Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path)));
    }

    [Fact]
    public void A_publication_beside_that_of_a_live_process_leaves_its_work_alone()
    {
        using var process = new PublishingProcess(Target, PublishingProcess.Unfinished);
        WaitFor(process, "filling", 1);
        var work = Assert.Single(Directory.GetFileSystemEntries(folder.Path));
        var files = Directory.GetFiles(work, "*", SearchOption.AllDirectories);

        CheckpointPublisher.Publish(Target, partial => PublishingProcess.Fill(partial, 8));

        Assert.Equal(8, PublishingProcess.Generation(Target));
        Assert.Equal(files, Directory.GetFiles(work, "*", SearchOption.AllDirectories), StringComparer.Ordinal);
        Assert.NotEmpty(files);
    }

    /// <summary>Waits for so many lines of a kind; returns the last generation that is certainly published.</summary>
    private static int WaitFor(PublishingProcess process, string what, int times)
    {
        var published = 0;
        while (times > 0)
        {
            var words = process.ReadLine().Split(' ');
            if (words[0] == "published") published = int.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture);
            if (words[0] == what) times--;
        }

        return published;
    }

    /// <summary>Watches the target until so many others have taken its place, or until a moment at which it is not whole.</summary>
    private void WatchExchanges(PublishingProcess process, int times)
    {
        for (var seen = PublishingProcess.Peek(Target); times > 0; times--)
        {
            var now = seen;
            while (now is not null && now == seen)
            {
                Assert.False(process.HasEnded, "The publishing process ended by itself.");
                now = PublishingProcess.Peek(Target);
            }

            if (now is null) return;
            seen = now;
        }
    }

    public void Dispose() => folder.Dispose();
}
