using ModelGuard.Checkpoints;

namespace ModelGuard.Fuzzing.Tests;

public sealed class ExecutionTests
{
    [Fact]
    public void An_exception_without_a_code_is_a_defect() => Assert.Contains("FormatException", Run((_, _) => throw new FormatException("x")).Defect, StringComparison.Ordinal);

    [Fact]
    public void An_exception_with_a_code_is_none() => Assert.Equal(new Outcome("MG0201", null, 0), Run((_, _) => throw new CheckpointException("MG0201", "It is damaged.")) with { Allocated = 0 });

    [Fact]
    public void An_exception_without_a_sentence_is_a_defect() => Assert.Contains("0 characters", Run((_, _) => throw new CheckpointException("MG0201", "")).Defect, StringComparison.Ordinal);

    [Fact]
    public void A_code_of_no_page_is_a_defect() => Assert.Contains("no diagnostic code", Run((_, _) => throw new CheckpointException("0201", "It is damaged.")).Defect, StringComparison.Ordinal);

    [Fact]
    public void More_memory_than_the_input_calls_for_is_a_defect() => Assert.Contains("allocated", Run((_, _) => new byte[4 << 20].Length > 0 ? "read" : "").Defect, StringComparison.Ordinal);

    [Fact]
    public void What_is_prepared_once_is_none()
    {
        byte[]? kept = null;
        Assert.Null(Run((_, _) => (kept ??= new byte[4 << 20]).Length > 0 ? "read" : "").Defect);
    }

    private static Outcome Run(Func<ReadOnlyMemory<byte>, string, string> read) => Execution.Run(new FuzzTarget("test", read), new byte[10], "");
}
