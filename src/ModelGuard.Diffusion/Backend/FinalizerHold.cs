using System.Runtime.CompilerServices;

namespace ModelGuard.Diffusion.Backend;

/// <summary>
/// Keeps finalizers from running while networks compute. TorchSharp 0.107 hands a number such as the 2 in <c>tensor * 2</c> to LibTorch as an
/// object that nothing keeps alive during the call: a garbage collection in that moment, caused by any other thread, lets its finalizer free
/// the number under the call, which then reads another one (docs/native-backend.md). While it is held, the finalizer thread waits.
/// </summary>
public static class FinalizerHold
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);
    private static readonly Lock Gate = new();
    private static int holders;
    private static ManualResetEventSlim? release;

    // The runtime waits for the finalizer thread when the process ends, wherever it ends.
    static FinalizerHold() => AppDomain.CurrentDomain.ProcessExit += (_, _) => release?.Set();

    /// <summary>Holds finalizers until the result is disposed; several holds may overlap. No code in between may wait for finalizers.</summary>
    public static IDisposable Enter()
    {
        lock (Gate)
        {
            if (holders++ == 0) Stop();
        }

        return new Holder();
    }

    private static void Stop()
    {
        var (open, entered) = (new ManualResetEventSlim(), new ManualResetEventSlim());
        release = open;
        Plant(open, entered);
        // The finalizer thread takes it after a collection; when it says so, nothing else can be finalized.
        do GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        while (!entered.Wait(Patience));
    }

    private static void Leave()
    {
        lock (Gate)
        {
            if (--holders == 0) release!.Set();
        }
    }

    // In a method of its own, so that no local keeps the object alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Plant(ManualResetEventSlim open, ManualResetEventSlim entered) => _ = new Blocker(open, entered);

    private sealed class Blocker(ManualResetEventSlim open, ManualResetEventSlim entered)
    {
#pragma warning disable MA0055 // To occupy the finalizer thread is what it is for.
        ~Blocker()
        {
            entered.Set();
            open.Wait();
        }
#pragma warning restore MA0055
    }

    private sealed class Holder : IDisposable
    {
        private int isDisposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref isDisposed, 1) == 0) Leave();
        }
    }
}
