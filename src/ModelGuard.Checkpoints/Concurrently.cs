using System.Runtime.ExceptionServices;

namespace ModelGuard.Checkpoints;

/// <summary>Work on several cores that fails like work on one: with the exception itself, not with an aggregate.</summary>
internal static class Concurrently
{
    /// <summary>Runs all actions and returns when all have ended.</summary>
    public static void Invoke(params Action[] actions) => Unwrap(() => Parallel.Invoke(actions));

    /// <summary>Runs <paramref name="body"/> for 0 … <paramref name="count"/> − 1.</summary>
    public static void For(int count, Action<int> body, CancellationToken cancellation) =>
        Unwrap(() => Parallel.For(0, count, new ParallelOptions { CancellationToken = cancellation }, body));

    private static void Unwrap(Action work)
    {
        try
        {
            work();
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }
}
