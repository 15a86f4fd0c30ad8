namespace ModelGuard.GitHub.Tests.Api;

/// <summary>A clock on which every wait is over at once, and which notes how long each was.</summary>
internal sealed class InstantClock(DateTimeOffset start) : TimeProvider
{
    private readonly List<TimeSpan> waits = [];
    private DateTimeOffset now = start;

    public TimeSpan[] Waits => [.. waits];

    public override DateTimeOffset GetUtcNow() => now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        waits.Add(dueTime);
        now += dueTime;
        return new Timer(callback, state);
    }

    private sealed class Timer : ITimer
    {
        // Not before the caller holds the timer.
        public Timer(TimerCallback callback, object? state) => _ = Task.Run(() => callback(state));

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
