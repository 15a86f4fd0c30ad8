using System.Collections.Immutable;
using ModelGuard.Diagnostics;
using ModelGuard.Diffusion.Text;
using ModelGuard.Policies;

namespace ModelGuard.Analysis;

/// <summary>
/// What can be told about a policy from the tokens of its names alone. A text encoder knows no names, only tokens: two names of the same
/// tokens cannot be sent to two places, and where a name holds the tokens of another, both edits meet.
/// </summary>
public static class TokenAnalysis
{
    /// <summary>Compares all names of a policy with each other.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="tokenizer">The tokenizer of a text encoder that is edited.</param>
    /// <returns>MG1060 to MG1064, in the order of the policy.</returns>
    public static ImmutableArray<Diagnostic> Find(Policy policy, ITokenizer tokenizer)
    {
        // Targets and prompts are compared with every name; a policy may have a thousand.
        var known = new Dictionary<string, long[]>(StringComparer.Ordinal);
        var targets = new Dictionary<string, int>(StringComparer.Ordinal);
        ImmutableArray<Tokenised> names = [.. PolicyName.Of(policy).Select(n => new Tokenised(n, Ids(n.Text), Number(Ids(n.Concept.Target))))];
        return [.. Pairs().SelectMany(p => Compare(p.First, p.Second)), .. policy.Concepts.SelectMany(Target), .. policy.Preserve.SelectMany(Preserved)];

        long[] Ids(string text) => known.TryGetValue(text, out var ids) ? ids : known[text] = [.. tokenizer.TokenizeToIds(text)];

        int Number(long[] target)
        {
            targets.TryAdd(string.Join(' ', target), targets.Count);
            return targets[string.Join(' ', target)];
        }

        // Two names of one concept, or with one target, are sent to the same place. Of a thousand names there are half a million pairs.
        IEnumerable<(Tokenised First, Tokenised Second)> Pairs()
        {
            for (var i = 0; i < names.Length; i++)
            {
                for (var j = 0; j < i; j++)
                {
                    if (names[j].Target != names[i].Target && names[j].Name.Concept.Id != names[i].Name.Concept.Id) yield return (names[j], names[i]);
                }
            }
        }

        IEnumerable<Diagnostic> Compare(Tokenised first, Tokenised second)
        {
            if (first.Ids.AsSpan().SequenceEqual(second.Ids))
            {
                yield return Error("MG1060", second.Name.Location, FormattableString.Invariant($"'{second.Name.Text}' of '{second.Name.Concept.Id}' is the same {Count(second.Ids)} to the text encoder as {first.Name.Mention}; an edit cannot send it to '{second.Name.Concept.Target}' and to '{first.Name.Concept.Target}'. Keep one of them."));
                yield break;
            }

            var (shorter, longer) = first.Ids.Length < second.Ids.Length ? (first, second) : (second, first);
            if (Position(longer.Ids, shorter.Ids) is not { } at) yield break;
            var place = at == 0 ? "begins with" : at == longer.Ids.Length - shorter.Ids.Length ? "ends with" : "holds";
            yield return Warning("MG1061", longer.Name.Location, FormattableString.Invariant($"'{longer.Name.Text}' of '{longer.Name.Concept.Id}' {place} the {Count(shorter.Ids)} of {shorter.Name.Mention} among its {longer.Ids.Length}: wherever it is named, both edits meet, one to '{longer.Name.Concept.Target}' and one to '{shorter.Name.Concept.Target}'. Make them names of one concept, or give them one target."));
        }

        IEnumerable<Diagnostic> Target(Concept concept)
        {
            var target = Ids(concept.Target);
            foreach (var (name, ids, _) in names)
            {
                if (Position(target, ids) is null) continue;
                var sentence = FormattableString.Invariant($"The target '{concept.Target}' of '{concept.Id}' holds the {Count(ids)} of {name.Mention}, which the policy {(name.Concept.Action == ConceptAction.Remove ? "removes" : "changes")}: it is taken from the unedited model and brings back what is to be gone. Name another target.");
                yield return new Diagnostic("MG1062", name.Concept.Action == ConceptAction.Remove ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning, concept.TargetLocation ?? concept.Location, sentence);
            }
        }

        IEnumerable<Diagnostic> Preserved(PreservedConcept preserved)
        {
            var own = Ids(preserved.Name);
            foreach (var (name, ids, _) in names)
            {
                if (own.AsSpan().SequenceEqual(ids)) yield return Error("MG1060", preserved.Location, FormattableString.Invariant($"'{preserved.Name}' is to be preserved and is the same {Count(ids)} to the text encoder as {name.Mention}. Take it out of one of the two."));
                else if (Position(own, ids) is not null) yield return Warning("MG1063", preserved.Location, FormattableString.Invariant($"The preserved '{preserved.Name}' holds the {Count(ids)} of {name.Mention} among its {own.Length}: the edit changes what it is to keep. Preserve another name, or accept that it drifts."));
                else if (preserved.Prompts.Select(p => p.Replace(ConceptReader.Placeholder, preserved.Name, StringComparison.Ordinal)).FirstOrDefault(p => Position(Ids(p), ids) is not null) is { } prompt) yield return Warning("MG1064", preserved.Location, FormattableString.Invariant($"The audit prompt '{prompt}' of the preserved '{preserved.Name}' holds the {Count(ids)} of {name.Mention}: its pictures show the edit, and say little about what was kept. Write a prompt without that name."));
            }
        }
    }

    /// <summary>Where some tokens stand one after the other among others; null where they do not.</summary>
    private static int? Position(ReadOnlySpan<long> tokens, ReadOnlySpan<long> sought) => !sought.IsEmpty && tokens.IndexOf(sought) is var at and >= 0 ? at : null;

    private static string Count(long[] ids) => FormattableString.Invariant($"{ids.Length} token{(ids.Length == 1 ? "" : "s")}");

    private static Diagnostic Error(string code, SourceLocation place, string message) => new(code, DiagnosticSeverity.Error, place, message);

    private static Diagnostic Warning(string code, SourceLocation place, string message) => new(code, DiagnosticSeverity.Warning, place, message);

    // The target is the number of the tokens that a name becomes; the same tokens have the same.
    private sealed record Tokenised(PolicyName Name, long[] Ids, int Target);
}
