using System.Globalization;
using System.Runtime.CompilerServices;
using ModelGuard.Caching;

namespace ModelGuard.Tests.Caching;

/// <summary>This test executable, started again to read and write a cache. Each entry's content says which entry it is.</summary>
internal static class CachingProcess
{
    /// <summary>How many different entries there are.</summary>
    public const int Keys = 40;

    private const string FolderVariable = "MODELGUARD_TEST_CACHE_IN";
    private const string RoundsVariable = "MODELGUARD_TEST_CACHE_ROUNDS";
    private const int LongestContent = 400_000;

    /// <summary>Less than all entries together take.</summary>
    public const int Capacity = 6_000_000;

    /// <summary>Starts it; it ends by itself after so many rounds, and says how many of its reads found something. In a round it reads, and writes what it did not find, or it only writes.</summary>
    public static ChildProcess Start(string folder, int seed, int rounds, bool reads = true) => ChildProcess.Start(
        Path.Combine(AppContext.BaseDirectory, typeof(CachingProcess).Assembly.GetName().Name! + (OperatingSystem.IsWindows() ? ".exe" : "")),
        [],
        null,
        (FolderVariable, folder),
        (RoundsVariable, string.Create(CultureInfo.InvariantCulture, $"{seed} {rounds} {(reads ? 1 : 0)}")));

    public static ContentCache Open(string folder) => new(folder, Capacity, TimeProvider.System);

    public static CacheKey Key(int entry) => CacheKey.Of(("entry", entry.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Content of an entry: its number over and over, longer or shorter.</summary>
    public static byte[] Content(int entry, Random random)
    {
        var content = new byte[random.Next(1, LongestContent)];
        content.AsSpan().Fill((byte)entry);
        return content;
    }

    /// <summary>Whether bytes are whole content of that entry.</summary>
    public static bool IsContent(int entry, ReadOnlySpan<byte> bytes) => bytes.Length is > 0 and < LongestContent && !bytes.ContainsAnyExcept((byte)entry);

    /// <summary>All files of a cache's folder that are not where entries belong.</summary>
    public static IEnumerable<string> Litter(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) is not ("written" or { Length: 64 }));

    // Before the test runner, which takes far longer to start.
    [ModuleInitializer]
    internal static void UseCacheIfAsked()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is not { Length: > 0 } folder) return;
        int[] numbers = [.. Environment.GetEnvironmentVariable(RoundsVariable)!.Split(' ').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
        var (random, cache, found) = (new Random(numbers[0]), Open(folder), 0);
        for (var round = 0; round < numbers[1]; round++)
        {
            if (round == 1) Console.Error.WriteLine("started");
            var entry = random.Next(Keys);
            if (numbers[2] == 0 || cache.TryGet(Key(entry)) is not { } bytes) cache.Put(Key(entry), Content(entry, random));
            else if (IsContent(entry, bytes)) found++;
            else Environment.Exit(1);
        }

        Console.WriteLine(found);
        Environment.Exit(0);
    }
}
