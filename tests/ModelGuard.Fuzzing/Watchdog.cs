using System.Diagnostics;

namespace ModelGuard.Fuzzing;

/// <summary>Ends the process when one input takes too long, and keeps the input: nothing else gets out of a loop that does not end.</summary>
internal sealed class Watchdog : IDisposable
{
    private readonly Timer timer;
    private readonly string target;
    private readonly TimeSpan limit;
    private byte[]? current;
    private long since;

    public Watchdog(string target, TimeSpan limit)
    {
        (this.target, this.limit) = (target, limit);
        timer = new Timer(_ => Look(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    /// <summary>An input begins.</summary>
    public void Begin(byte[] input)
    {
        Volatile.Write(ref since, Stopwatch.GetTimestamp());
        Volatile.Write(ref current, input);
    }

    /// <summary>It came to an end.</summary>
    public void End() => Volatile.Write(ref current, null);

    public void Dispose() => timer.Dispose();

    private void Look()
    {
        if (Volatile.Read(ref current) is not { } input || Stopwatch.GetElapsedTime(Volatile.Read(ref since)) < limit) return;
        Console.Error.WriteLine(FormattableString.Invariant($"{target}: an input of {input.Length} bytes took more than {limit.TotalSeconds} s → '{Corpus.Keep(target, "hang", input)}'"));
        Environment.Exit(2);
    }
}
