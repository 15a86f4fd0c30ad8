namespace ModelGuard.Checkpoints.Tests;

public sealed class CheckpointExceptionTests
{
    [Theory]
    [InlineData("plain – text, ümlauts, 日本語, \U0001F600", "plain – text, ümlauts, 日本語, \U0001F600")]
    [InlineData("a\nb\r\tc", @"a\u000ab\u000d\u0009c")]
    [InlineData("\u001b[31mred\u009b", @"\u001b[31mred\u009b")]
    [InlineData("\u2028\u2029\u202e\u200b\uFEFF", @"\u2028\u2029\u202e\u200b\ufeff")]
    [InlineData("\U000E0041", @"\ue0041")]
    [InlineData("\0", @"\u0000")]
    public void What_a_terminal_or_a_log_would_act_on_is_written_out(string message, string expected) =>
        Assert.Equal(expected, new CheckpointException("MG0200", message).Message);

    // As a fact: data of theories are stored as UTF-8, which has no halves.
    [Fact]
    public void Half_of_a_surrogate_pair_becomes_the_replacement_character()
    {
        Assert.Equal("\uFFFD half", new CheckpointException("MG0200", "\ud800 half").Message);
        Assert.Equal("\uFFFD whole", new CheckpointException("MG0200", "\uFFFD whole").Message);
    }

    [Theory]
    [InlineData(2000)]
    [InlineData(2001)]
    [InlineData(100_000)]
    public void A_long_message_keeps_its_start_and_its_end(int length)
    {
        var message = "start" + new string('x', length - 8) + "end";

        var shown = new CheckpointException("MG0200", message).Message;

        if (length <= 2000) Assert.Equal(message, shown);
        else Assert.Equal(2003, shown.Length);
        Assert.StartsWith("start", shown, StringComparison.Ordinal);
        Assert.EndsWith("end", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_is_not_cut_within_a_character()
    {
        for (var shift = 0; shift < 2; shift++)
        {
            var shown = new CheckpointException("MG0200", new string('x', shift) + string.Concat(Enumerable.Repeat("\U0001F600", 2000)) + new string('x', shift)).Message;

            Assert.DoesNotContain('\uFFFD', string.Concat(shown.EnumerateRunes()));
        }
    }

    [Fact]
    public void It_carries_code_place_and_cause()
    {
        var cause = new IOException("cause");

        var error = new CheckpointException("MG0200", "message", "/a/b", cause);

        Assert.Equal(("MG0200", "/a/b"), (error.Code, error.Path));
        Assert.Same(cause, error.InnerException);
    }
}
