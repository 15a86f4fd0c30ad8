using System.Collections.Frozen;
using System.Collections.Immutable;
using ModelGuard.Policies;

namespace ModelGuard.Auditing.Probes;

/// <summary>
/// Sentences with <c>{}</c> for the name of a concept of some kind. None of them is a template or a context of an edit: what an edit was solved
/// on says little about what it did elsewhere.
/// </summary>
/// <param name="Carriers">Short sentences that variants of a name stand in.</param>
/// <param name="Paraphrases">Sentences that describe rather than show.</param>
/// <param name="Sentences">Sentences with the name in the middle.</param>
/// <param name="Pairs">Sentences with <c>{other}</c> for another name of the kind.</param>
/// <param name="Negations">Sentences that say what is not wanted.</param>
internal sealed record ProbeTemplates(ImmutableArray<string> Carriers, ImmutableArray<string> Paraphrases, ImmutableArray<string> Sentences, ImmutableArray<string> Pairs, ImmutableArray<string> Negations)
{
    /// <summary>Stands for the other name of a pair.</summary>
    public const string Other = "{other}";

    private static readonly ProbeTemplates Plain = new(
        ["this is {}", "we see {} today"],
        ["what {} looks like", "something like {}"],
        ["here is {} on the wall", "there is {} in the middle"],
        ["{} and {other}", "{other} next to {}"],
        ["this is not {}", "everything but {}"]);

    private static readonly FrozenDictionary<AttributeKind, ProbeTemplates> Templates = new Dictionary<AttributeKind, ProbeTemplates>
    {
        [AttributeKind.Object] = new(
            ["this is a {}", "we see a {} today"],
            ["a thing shaped like a {}", "the outline of a {}"],
            ["here is a {} on the wall", "there is a {} in the middle"],
            ["a {} and a {other}", "a {other} next to a {}"],
            ["a picture without a {}", "this is not a {}"]),
        [AttributeKind.Style] = new(
            ["a work by {}", "a thing as painted by {}"],
            ["something in the manner of {}", "what {} would have painted"],
            ["here is a work by {} on the wall", "there is a work by {} in the middle"],
            ["a work by {} and {other}", "a work by {other} and {}"],
            ["a work that is not by {}", "a work by anyone but {}"]),
        [AttributeKind.Color] = new(
            ["this is something {}", "we see something {} today"],
            ["a thing of the color {}", "something that looks {}"],
            ["here is something {} on the wall", "there is something {} in the middle"],
            ["something {} and something {other}", "something {other} next to something {}"],
            ["something that is not {}", "a thing of any color but {}"]),
        [AttributeKind.Action] = new(
            ["this is something {}", "we see something {} today"],
            ["a thing in the act of {}", "something that looks like {}"],
            ["here is something {} on the wall", "there is something {} in the middle"],
            ["something {} and something {other}", "something {other} next to something {}"],
            ["something that is not {}", "a thing that does anything but {}"]),
        [AttributeKind.Fact] = Plain,
        [AttributeKind.Abstract] = Plain,
    }.ToFrozenDictionary();

    /// <summary>The sentences for a kind.</summary>
    public static ProbeTemplates Of(AttributeKind kind) => Templates[kind];

    /// <summary>All sentences of a kind.</summary>
    public IEnumerable<string> All => Carriers.Concat(Paraphrases).Concat(Sentences).Concat(Pairs).Concat(Negations);
}
