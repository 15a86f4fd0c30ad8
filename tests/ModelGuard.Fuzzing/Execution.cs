using System.Globalization;
using System.Text.RegularExpressions;
using ModelGuard.Attestations;
using ModelGuard.Auditing;
using ModelGuard.Cards;
using ModelGuard.Checkpoints;
using ModelGuard.GitHub;
using ModelGuard.Rendering;

namespace ModelGuard.Fuzzing;

/// <summary>Runs a target on one input and judges it: success, or a documented exception with a code and one printable sentence; nothing else.</summary>
internal static partial class Execution
{
    // That of the longest message, src/Shared/PrintableText.cs, with some room for what other floors add.
    private const int LongestMessage = 2100;

    /// <summary>Runs it.</summary>
    public static Outcome Run(FuzzTarget target, ReadOnlyMemory<byte> input, string scratch)
    {
        var outcome = Once(target, input, scratch);
        // What is only prepared once, such as a regular expression, is no cost of the input.
        if (outcome.Defect is null && outcome.Allocated > target.MostAllocated(input.Length)) outcome = Once(target, input, scratch);
        return outcome.Defect is null && outcome.Allocated > target.MostAllocated(input.Length)
            ? outcome with { Defect = string.Create(CultureInfo.InvariantCulture, $"It allocated {outcome.Allocated} bytes for an input of {input.Length}; at most {target.MostAllocated(input.Length)} are accepted.") }
            : outcome;
    }

    private static Outcome Once(FuzzTarget target, ReadOnlyMemory<byte> input, string scratch)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var signature = target.Read(input, scratch);
            return new Outcome(signature, null, GC.GetAllocatedBytesForCurrentThread() - before);
        }
#pragma warning disable CA1031 // Whatever is thrown is what this program looks for.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            return CodeOf(e) is { } code
                ? new Outcome(code, MessageDefect(code, e.Message), allocated)
                : new Outcome("undocumented", $"It threw {e}", allocated);
        }
    }

    private static string? CodeOf(Exception exception) => exception switch
    {
        CheckpointException e => e.Code,
        ProvenanceException e => e.Code,
        AttestationException e => e.Code,
        ReportException e => e.Code,
        AuditException e => e.Code,
        CardException e => e.Code,
        GitHubException e => e.Code,
        _ => null,
    };

    private static string? MessageDefect(string code, string message)
    {
        if (!Code().IsMatch(code)) return $"'{code}' is no diagnostic code.";
        if (message.Length is 0 or > LongestMessage) return string.Create(CultureInfo.InvariantCulture, $"The message of {code} has {message.Length} characters.");
        return message.AsSpan().IndexOfAnyInRange('\0', '\u001F') >= 0 ? $"The message of {code} holds a control character: {message}" : null;
    }

    [GeneratedRegex(@"\AMG\d{4}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Code();
}
