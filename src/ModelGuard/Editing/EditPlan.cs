using System.Collections.Immutable;
using System.Text;
using ModelGuard.Diffusion.Text;
using ModelGuard.Editing.Captions;
using ModelGuard.Policies;

namespace ModelGuard.Editing;

/// <summary>Ids of all sentences, and which position of which sentence makes which row of the system.</summary>
internal sealed record EditPlan(
    long[][] OldIds,
    long[][] NewIds,
    ImmutableArray<(int Prompt, int Position)> OldPositions,
    ImmutableArray<(int Prompt, int Position)> NewPositions,
    long[][] PreservedIds,
    ImmutableArray<(int Prompt, int Position)> PreservedPositions)
{
    /// <summary>For each sentence of <see cref="OldIds"/> the number of the one among <see cref="NewIds"/> that takes its place.</summary>
    public IEnumerable<long> Targets => OldPositions.Zip(NewPositions).DistinctBy(p => p.First.Prompt).Select(p => (long)p.Second.Prompt);

    /// <summary>Names that are to change.</summary>
    public int Names { get; init; } = 1;

    /// <summary>Ordinary captions, whose second moment limits the change.</summary>
    public long[][] CaptionIds { get; init; } = [];

    /// <summary>Preserved names alone, which a hard edit leaves exactly as they are up to the end token.</summary>
    public long[][] HardIds { get; init; } = [];

    /// <summary>Positions of <see cref="HardIds"/>.</summary>
    public ImmutableArray<(int Prompt, int Position)> HardPositions { get; init; } = [];

    /// <summary>The preserved prompts of the audit, whose drift is reported.</summary>
    public ImmutableArray<(string Name, string Prompt, long[] Ids)> Watched { get; init; } = [];

    /// <exception cref="EditException">MG1002 when a subject is not found in its prompt, because it lies beyond the context.</exception>
    public static EditPlan Create(Policy policy, CLIPTokenizer tokenizer)
    {
        var writer = new CaptionWriter(Lexicon.Of(policy, tokenizer));
        var plan = OfPrompts(EditPrompts.ForEdit(policy, writer, s => Fits(s, tokenizer)).Distinct(), tokenizer, policy.Edit.Tokens);
        return plan.WithPreserved(policy, tokenizer) with { Names = policy.Concepts.Sum(c => c.Match.Length), CaptionIds = policy.Edit.CovarianceWeight > 0 ? Encode(writer.Ordinary(policy.Edit.Captions), tokenizer) : [] };
    }

    /// <summary>Rows for pairs of sentences, aligned around their subjects.</summary>
    /// <exception cref="EditException">MG1002 when a subject is not found in its prompt, because it lies beyond the context.</exception>
    public static EditPlan OfPrompts(IEnumerable<EditPrompt> prompts, CLIPTokenizer tokenizer, TokenSelection tokens) =>
        OfPrompts(prompts, tokenizer, (old, target) => SubjectAlignment.Align(old.Last, old.Length, target.Last, target.Length, tokenizer.MaxLength, old.End, tokens == TokenSelection.SubjectToEnd));

    /// <summary>Rows for pairs of sentences, aligned in a way.</summary>
    /// <exception cref="EditException">MG1002 when a subject is not found in its prompt, because it lies beyond the context.</exception>
    public static EditPlan OfPrompts(IEnumerable<EditPrompt> prompts, CLIPTokenizer tokenizer, Func<Place, Place, ImmutableArray<AlignedPosition>> align)
    {
        var oldPositions = ImmutableArray.CreateBuilder<(int, int)>();
        var newPositions = ImmutableArray.CreateBuilder<(int, int)>();
        var (oldIds, newIds) = (new List<long[]>(), new List<long[]>());
        // Many names become one target, in the same few sentences.
        var targets = new Dictionary<(string Prompt, string Subject), (Place Place, int Sentence)>();
        // In what company a sentence is encoded can change the last bits of its states, so the order of the policy must not decide about it.
        foreach (var prompt in prompts.OrderBy(p => p.Old, StringComparer.Ordinal).ThenBy(p => p.New, StringComparer.Ordinal).ThenBy(p => p.OldSubject, StringComparer.Ordinal).ThenBy(p => p.NewSubject, StringComparer.Ordinal))
        {
            var old = Locate(prompt.Old, prompt.OldSubject, tokenizer);
            if (!targets.TryGetValue((prompt.New, prompt.NewSubject), out var target))
            {
                targets[(prompt.New, prompt.NewSubject)] = target = (Locate(prompt.New, prompt.NewSubject, tokenizer), newIds.Count);
                newIds.Add(target.Place.Ids);
            }

            foreach (var pair in align(old, target.Place))
            {
                oldPositions.Add((oldIds.Count, pair.Old));
                newPositions.Add((target.Sentence, pair.New));
            }

            oldIds.Add(old.Ids);
        }

        return new EditPlan([.. oldIds], [.. newIds], oldPositions.ToImmutable(), newPositions.ToImmutable(), [], []);
    }

    /// <summary>With the preserved prompts of the audit, to report their drift.</summary>
    public EditPlan WithWatched(Policy policy, CLIPTokenizer tokenizer) => this with
    {
        Watched = [.. from p in policy.Preserve from prompt in p.Prompts.Select(t => t.Replace(ConceptReader.Placeholder, p.Name, StringComparison.Ordinal)).Distinct(StringComparer.Ordinal) select (p.Name, prompt, tokenizer.Encode(prompt).ToArray())],
    };

    private EditPlan WithPreserved(Policy policy, CLIPTokenizer tokenizer)
    {
        var preserved = Encode(EditPrompts.ForPreserved(policy).Order(StringComparer.Ordinal), tokenizer);
        var isHard = policy.Edit.Preserve == PreserveMode.Hard;
        var names = isHard ? Encode(policy.Preserve.Select(p => p.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), tokenizer) : [];
        return WithWatched(policy, tokenizer) with
        {
            PreservedIds = preserved,
            // The begin token is the same in every prompt and must stay as it is.
            PreservedPositions = [.. preserved.SelectMany((ids, prompt) => Enumerable.Range(0, ids.Length).Where(p => SubjectAlignment.IsSampled(p, Array.IndexOf(ids, tokenizer.EosId))).Select(position => (prompt, position)))],
            HardIds = names,
            HardPositions = [.. names.SelectMany((ids, prompt) => Enumerable.Range(0, Array.IndexOf(ids, tokenizer.EosId) + 1).Select(position => (prompt, position)))],
        };
    }

    private static long[][] Encode(IEnumerable<string> sentences, CLIPTokenizer tokenizer) => [.. sentences.Select(s => tokenizer.Encode(s).ToArray())];

    // A token has a byte at least, so that most sentences need not be split to know.
    private static bool Fits(string sentence, CLIPTokenizer tokenizer) => Encoding.UTF8.GetByteCount(sentence) <= tokenizer.MaxLength - 2 || tokenizer.TokenizeToIds(sentence).Length <= tokenizer.MaxLength - 2;

    /// <summary>A subject in a sentence, as the text encoder sees it.</summary>
    /// <exception cref="EditException">MG1002.</exception>
    internal static Place Locate(string prompt, string subject, CLIPTokenizer tokenizer)
    {
        long[] ids = [.. tokenizer.Encode(prompt)];
        long[] needle = [.. tokenizer.TokenizeToIds(subject)];
        var last = SubjectAlignment.LastSubjectToken(ids, needle);
        return last >= 0
            ? new Place(ids, last, needle.Length, Array.IndexOf(ids, tokenizer.EosId))
            : throw new EditException("MG1002", FormattableString.Invariant($"The tokens of '{subject}' do not stand in the prompt '{prompt}' as the text encoder sees it: it reads {tokenizer.MaxLength} tokens. Use a shorter template or name."));
    }

    /// <summary>A subject in its sentence.</summary>
    /// <param name="Ids">The sentence.</param>
    /// <param name="Last">Position of the subject's last token.</param>
    /// <param name="Length">Number of its tokens.</param>
    /// <param name="End">Position of the first end token.</param>
    internal sealed record Place(long[] Ids, int Last, int Length, int End);
}
