using System.Collections.Immutable;
using System.Numerics;

namespace ModelGuard.Editing;

/// <summary>Which position of a new prompt gives the target for which position of an old one.</summary>
/// <param name="Old">Position in the old prompt; the begin token is 0.</param>
/// <param name="New">Position in the new prompt.</param>
public sealed record AlignedPosition(int Old, int New);

/// <summary>Finds a subject by its token sequence, wherever it stands, and aligns the positions of two prompts around it.</summary>
public static class SubjectAlignment
{
    /// <summary>
    /// Index of the last token of the last occurrence of <paramref name="subject"/> in <paramref name="prompt"/>, or −1.
    /// </summary>
    /// <param name="prompt">Ids of the prompt with begin and end tokens.</param>
    /// <param name="subject">Ids of the subject alone, without begin and end tokens.</param>
    public static int LastSubjectToken(ReadOnlySpan<long> prompt, ReadOnlySpan<long> subject)
    {
        if (subject.IsEmpty) return -1;
        var start = prompt.LastIndexOf(subject);
        return start < 0 ? -1 : start + subject.Length - 1;
    }

    /// <summary>
    /// Pairs of positions: always the last subject token of both prompts; with <paramref name="toEnd"/> also the other tokens of the subject
    /// (against the replacement's, the last one standing in for those it lacks), everything behind it up to the end token, and of the padding
    /// behind that what <see cref="IsSampled"/>.
    /// </summary>
    /// <param name="oldLast">Last subject token of the old prompt.</param>
    /// <param name="oldLength">Number of tokens of the subject.</param>
    /// <param name="newLast">Last replacement token of the new prompt.</param>
    /// <param name="newLength">Number of tokens of the replacement; 0 when it is empty.</param>
    /// <param name="context">Length of both padded prompts.</param>
    /// <param name="end">First end token of the old prompt; what stands between the subject and it is the same in both prompts.</param>
    /// <param name="toEnd">Whether positions besides the last subject token take part.</param>
    public static ImmutableArray<AlignedPosition> Align(int oldLast, int oldLength, int newLast, int newLength, int context, int end, bool toEnd)
    {
        if (!toEnd) return [new(oldLast, newLast)];
        var pairs = ImmutableArray.CreateBuilder<AlignedPosition>();
        int oldFirst = oldLast - oldLength + 1, newFirst = newLast - Math.Max(newLength, 1) + 1;
        for (var p = oldFirst; p < oldLast; p++) pairs.Add(new(p, Math.Min(newFirst + p - oldFirst, newLast)));
        pairs.Add(new(oldLast, newLast));
        for (var j = 1; oldLast + j < context && newLast + j < context; j++)
        {
            if (IsSampled(oldLast + j, end)) pairs.Add(new(oldLast + j, newLast + j));
        }

        return pairs.ToImmutable();
    }

    /// <summary>
    /// Whether a position takes part: all up to the end token, and of the padding the 1st, 2nd, 4th, 8th … behind it. Neighbours in the padding
    /// give nearly the same keys, and most of a prompt of 77 positions is padding.
    /// </summary>
    public static bool IsSampled(int position, int end) => position <= end || BitOperations.IsPow2(position - end);
}
