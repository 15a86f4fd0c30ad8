using System.Collections.Immutable;
using ModelGuard.Diffusion.Text;
using ModelGuard.Editing;

namespace ModelGuard.Tracing;

/// <summary>A row of a trace: a token, or all padding.</summary>
/// <param name="Label">As people read it.</param>
/// <param name="Role">What it is in the prompt.</param>
/// <param name="Positions">Its positions; the begin token is 0.</param>
public sealed record TokenRow(string Label, TokenRole Role, ImmutableArray<int> Positions);

/// <summary>A prompt as one text encoder reads it, with the subject found in it.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Subject">The subject as it stands in the prompt.</param>
/// <param name="Ids">Padded ids [tokens].</param>
/// <param name="Rows">The rows of its trace, in the order of the prompt.</param>
/// <param name="SubjectPositions">Every position of every occurrence of the subject.</param>
public sealed record TracedPrompt(string Prompt, string Subject, ImmutableArray<long> Ids, ImmutableArray<TokenRow> Rows, ImmutableArray<int> SubjectPositions)
{
    /// <summary>Finds a subject in a prompt.</summary>
    /// <exception cref="TraceException">MG1101 when its tokens do not stand in the prompt, or beyond what the text encoder reads.</exception>
    public static TracedPrompt Create(string prompt, string subject, CLIPTokenizer tokenizer)
    {
        long[] ids = [.. tokenizer.Encode(prompt)];
        long[] needle = [.. tokenizer.TokenizeToIds(subject)];
        var subjects = Occurrences(ids, needle);
        var last = SubjectAlignment.LastSubjectToken(ids, needle);
        if (last < 0)
        {
            throw new TraceException("MG1101", FormattableString.Invariant($"The tokens of '{subject}' do not stand in the prompt '{prompt}' as the text encoder sees it: it reads {tokenizer.MaxLength} tokens. Name a subject that is part of the prompt."));
        }

        var end = Array.IndexOf(ids, tokenizer.EosId);
        TokenRole RoleOf(int position) =>
            position == last ? TokenRole.LastSubject
            : subjects.Contains(position) ? TokenRole.Subject
            : position < subjects[0] ? TokenRole.Before
            : position < end ? TokenRole.After
            : TokenRole.End;
        var rows = Enumerable.Range(0, end + 1).Select(p => new TokenRow(tokenizer.Describe(ids[p]), RoleOf(p), [p])).ToList();
        if (end + 1 < ids.Length) rows.Add(new TokenRow("padding", TokenRole.Padding, [.. Enumerable.Range(end + 1, ids.Length - end - 1)]));
        rows.Add(new TokenRow("all", TokenRole.All, [.. Enumerable.Range(subjects[0], ids.Length - subjects[0])]));
        return new TracedPrompt(prompt, subject, [.. ids], [.. rows], subjects);
    }

    /// <summary>Where this prompt's row finds its match in another one: the position of the same role, counted from the subject's last token.</summary>
    /// <param name="other">The other prompt.</param>
    /// <param name="position">A position of this one.</param>
    public int Match(TracedPrompt other, int position)
    {
        var (mine, theirs) = (SubjectPositions[^1], other.SubjectPositions[^1]);
        var (myEnd, theirEnd) = (End, other.End);
        return position >= myEnd
            ? Math.Min(theirEnd + position - myEnd, other.Ids.Length - 1)
            : Math.Clamp(theirs + position - mine, 0, theirEnd - 1);
    }

    private int End => Rows.First(r => r.Role == TokenRole.End).Positions[0];

    private static ImmutableArray<int> Occurrences(ReadOnlySpan<long> ids, ReadOnlySpan<long> needle)
    {
        var found = new SortedSet<int>();
        for (var start = 0; !needle.IsEmpty && start + needle.Length <= ids.Length; start++)
        {
            if (ids.Slice(start, needle.Length).SequenceEqual(needle)) found.UnionWith(Enumerable.Range(start, needle.Length));
        }

        return [.. found];
    }
}
