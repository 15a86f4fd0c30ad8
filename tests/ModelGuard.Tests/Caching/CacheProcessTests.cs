using System.Globalization;
using ModelGuard.Caching;

namespace ModelGuard.Tests.Caching;

/// <summary>Real processes that use one cache.</summary>
public sealed class CacheProcessTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task Two_processes_at_once_find_what_the_other_wrote_and_keep_the_bound_together()
    {
        using var first = CachingProcess.Start(folder.Path, 1, 2000);
        using var second = CachingProcess.Start(folder.Path, 2, 2000);

        ChildProcess.Finished[] outcomes = [await first.WaitAsync(), await second.WaitAsync()];

        Assert.All(outcomes, o => Assert.True(o.ExitCode == 0 && int.Parse(o.Output, CultureInfo.InvariantCulture) > 100, o.All));
        Assert.Empty(CachingProcess.Litter(folder.Path));
        // While one looks the folder through, the other may write as much as makes it look itself.
        Assert.InRange(Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length), CachingProcess.Capacity / 2, CachingProcess.Capacity * 18 / 16);
    }

    [Fact]
    public async Task A_kill_at_any_moment_leaves_whole_entries_and_what_was_half_written_goes_with_the_next_look()
    {
        const int Kills = 15;
        var random = new Random(20260501);
        var (withLitter, found) = (0, 0);
        for (var kill = 0; kill < Kills; kill++)
        {
            using (var process = CachingProcess.Start(folder.Path, kill, 1_000_000, reads: false))
            {
                await process.UntilAsync(p => p.Error.Contains("started", StringComparison.Ordinal));
                Thread.SpinWait(random.Next(1, 1 << random.Next(1, 22)));
                await process.SignalAsync("KILL");
                Assert.NotEqual(0, (await process.WaitAsync()).ExitCode);
            }

            if (CachingProcess.Litter(folder.Path).Any()) withLitter++;
            var cache = CachingProcess.Open(folder.Path);
            for (var entry = 0; entry < CachingProcess.Keys; entry++)
            {
                if (cache.TryGet(CachingProcess.Key(entry)) is not { } bytes) continue;
                Assert.True(CachingProcess.IsContent(entry, bytes));
                found++;
            }

            File.Delete(folder["written"]);
            cache.Put(CacheKey.Of(("kill", kill.ToString(CultureInfo.InvariantCulture))), [1]);
            Assert.Empty(CachingProcess.Litter(folder.Path));
        }

        Assert.True(found > Kills, "The killed processes wrote next to nothing.");
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{withLitter} of {Kills} kills left something half written; {found} whole entries were found."));
    }

    public void Dispose() => folder.Dispose();
}
