using System.Collections.Frozen;
using System.Collections.Immutable;
using ModelGuard.Diffusion.Text;
using ModelGuard.Policies;

namespace ModelGuard.Editing.Captions;

/// <summary>
/// The words that captions are made of: the preserved names of a policy, and the ordinary words of <c>lexicon.txt</c> that the model's
/// vocabulary has as a whole. What a tokenizer takes to pieces its encoder did not learn as a word, and it would say nothing about ordinary text.
/// </summary>
internal sealed class Lexicon
{
    private static readonly Lazy<FrozenDictionary<AttributeKind, ImmutableArray<string>>> Ordinary = new(ReadOrdinary);
    private static readonly Lazy<ImmutableArray<string>> OrdinaryPlaces = new(() => Words("place"));
    private readonly FrozenDictionary<AttributeKind, ImmutableArray<string>> words;
    private readonly string[] forbidden;

    private Lexicon(FrozenDictionary<AttributeKind, ImmutableArray<string>> words, ImmutableArray<string> places, string[] forbidden)
    {
        (this.words, this.forbidden) = (words, forbidden);
        Places = places;
    }

    /// <summary>Ends of sentences such as <c>in a forest</c>.</summary>
    public ImmutableArray<string> Places { get; }

    /// <summary>Words of a kind, sorted. Of kind <see cref="AttributeKind.Fact"/> are whole descriptions, with their article.</summary>
    public ImmutableArray<string> this[AttributeKind kind] => words[kind];

    /// <summary>
    /// The lexicon for a policy and a tokenizer; no word of it holds a name that is to be forgotten or changed. Parts of such a name are ordinary
    /// words: who removes red stars keeps what is red, and stars.
    /// </summary>
    public static Lexicon Of(Policy policy, CLIPTokenizer tokenizer)
    {
        string[] names = [.. policy.Concepts.SelectMany(c => c.Match).Select(Padded)];
        var kinds = Enum.GetValues<AttributeKind>();
        return new Lexicon(kinds.ToFrozenDictionary(k => k, k => Sorted(Preserved(k).Concat(Ordinary.Value.GetValueOrDefault(k, []).Where(IsKnown)))), Sorted(OrdinaryPlaces.Value.Where(IsKnown)), names);

        // A preserved name without an attribute is a description of its own, and what is abstract stands as one.
        IEnumerable<string> Preserved(AttributeKind kind) => policy.Preserve.Where(p => (p.Attribute is null or AttributeKind.Abstract ? AttributeKind.Fact : p.Attribute) == kind).Select(p => p.Name);

        ImmutableArray<string> Sorted(IEnumerable<string> all) => [.. all.Where(w => IsFree(w, names)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

        bool IsKnown(string text) => text.Split(' ').All(w => tokenizer.TokenizeToIds(w).Length == 1);
    }

    /// <summary>Whether a sentence holds no name that is to be forgotten or changed; words that stand side by side can make one.</summary>
    public bool Allows(string sentence) => IsFree(sentence, forbidden);

    private static bool IsFree(string text, string[] names) => !Array.Exists(names, n => Padded(text).Contains(n, StringComparison.OrdinalIgnoreCase));

    // Whole words are compared: 'cat' does not occur in 'category'.
    private static string Padded(string text) => $" {text} ";

    private static FrozenDictionary<AttributeKind, ImmutableArray<string>> ReadOrdinary() => new Dictionary<AttributeKind, ImmutableArray<string>>
    {
        [AttributeKind.Object] = Words("object"),
        [AttributeKind.Color] = Words("color"),
        [AttributeKind.Style] = Words("style"),
        [AttributeKind.Action] = Words("action"),
    }.ToFrozenDictionary();

    /// <summary>The words of one section of the resource, which has a line <c>kind: word, word</c> for each row of words.</summary>
    private static ImmutableArray<string> Words(string section)
    {
        using var stream = typeof(Lexicon).Assembly.GetManifestResourceStream("lexicon.txt")!;
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n').Where(l => l.StartsWith(section + ": ", StringComparison.Ordinal)).SelectMany(l => l[(section.Length + 2)..].Split(',', StringSplitOptions.TrimEntries))];
    }
}
