using System.Runtime.CompilerServices;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Tests.Memory;

namespace ModelGuard.Diffusion.Tests.Backend;

public sealed class FinalizerHoldTests
{
    private static readonly bool IsAlone = Environment.GetEnvironmentVariable(MemoryTests.Alone) is not null;
    private static int finalized;

    [Fact]
    public void Finalizers_wait_while_they_are_held_and_run_afterwards()
    {
        Assert.SkipUnless(IsAlone, $"Runs in a process of its own, which {nameof(Holding_is_tested_in_a_process_that_does_not_hold)} starts.");
        var (first, second) = (FinalizerHold.Enter(), FinalizerHold.Enter());
        Plant();
        Collect();
        Assert.Equal(0, Volatile.Read(ref finalized));

        first.Dispose();
        first.Dispose();
        Collect();
        Assert.Equal(0, Volatile.Read(ref finalized));

        second.Dispose();
        Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(1, Volatile.Read(ref finalized));
        FinalizerHold.Enter().Dispose();
    }

    [Fact]
    public async Task Holding_is_tested_in_a_process_that_does_not_hold()
    {
        Assert.SkipWhen(IsAlone, "This is the process that the test starts.");

        var outcome = await TestProcess.RunAsync([typeof(FinalizerHoldTests)], (MemoryTests.Alone, "1"));

        outcome.AssertPassed(1);
    }

    private static void Collect()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            Thread.Sleep(20);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Plant() => _ = new Witness();

    private sealed class Witness
    {
#pragma warning disable MA0055 // Finalizers are what is tested.
        ~Witness() => Interlocked.Increment(ref finalized);
#pragma warning restore MA0055
    }
}
