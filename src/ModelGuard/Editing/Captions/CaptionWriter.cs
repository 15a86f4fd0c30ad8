using System.Collections.Immutable;
using System.Text.RegularExpressions;
using ModelGuard.Policies;

namespace ModelGuard.Editing.Captions;

/// <summary>
/// Writes ordinary captions from a lexicon: what is to stay as it is, and the contexts in which a name is edited. A name in a sentence of its
/// own says little about the sentences that people write: ROME (Meng et al., 2022) puts random text before it, UCE has five templates; here
/// other names of all kinds stand around it.
/// </summary>
internal sealed partial class CaptionWriter(Lexicon lexicon)
{
    /// <summary>Stands for the name.</summary>
    public const string Slot = "{}";

    // More tries than this say that the lexicon gives no more sentences.
    private const int Patience = 8;
    private static readonly ImmutableArray<string> Frames = ["{}", "{}", "{}", "a photo of {}", "a picture of {}", "a painting of {}", "an image of {}", "look at {} over there"];
    private static readonly ImmutableArray<string> StyleEndings = ["{} in the style of {0}", "{} by {0}"];
    private static readonly ImmutableArray<string> BareStyles = ["a painting by {0}", "a painting in the style of {0}", "an image in the style of {0}", "{0}"];

    /// <summary>Different sentences of ordinary words, at most <paramref name="count"/>, sorted.</summary>
    public ImmutableArray<string> Ordinary(int count) => Collect(count, "ordinary", random => Write(random, null));

    /// <summary>Different sentences with <see cref="Slot"/> where a name of a kind goes, at most <paramref name="count"/>, sorted.</summary>
    public ImmutableArray<string> Contexts(AttributeKind kind, int count)
    {
        var form = Form(kind);
        return Collect(count, form.ToString(), random => Write(random, form));
    }

    /// <summary>Sentences like <see cref="Contexts"/>, and none of those that it gives for a count: what an audit reads must not be what an edit was solved on.</summary>
    /// <param name="kind">The kind of the name.</param>
    /// <param name="count">The most sentences.</param>
    /// <param name="used">How many contexts the edit takes.</param>
    public ImmutableArray<string> HeldOut(AttributeKind kind, int count, int used)
    {
        var (form, taken) = (Form(kind), Contexts(kind, used));
        return Collect(count, $"held out {form}", random => Write(random, form) is { } sentence && !taken.Contains(sentence, StringComparer.Ordinal) ? sentence : null);
    }

    /// <summary>Puts a name into a sentence, and the articles in order before whatever stands there now.</summary>
    public static string Fill(string context, string name) => Article().Replace(context.Replace(Slot, name, StringComparison.Ordinal), m => $"{(IsVowel(m.Groups["next"].Value[0]) ? "an" : "a")} {m.Groups["next"].Value}");

    // What is abstract stands in a sentence as a description does.
    private static AttributeKind Form(AttributeKind kind) => kind == AttributeKind.Abstract ? AttributeKind.Fact : kind;

    private ImmutableArray<string> Collect(int count, string purpose, Func<CounterRandom, string?> write)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        var seed = purpose.Aggregate(17UL, (hash, c) => unchecked((hash * 31) + c)) << 32;
        for (var i = 0; i < count * Patience && found.Count < count; i++)
        {
            if (write(new CounterRandom(seed + (ulong)i)) is { } sentence && lexicon.Allows(sentence)) found.Add(sentence);
        }

        return [.. found];
    }

    private string? Write(CounterRandom random, AttributeKind? kind)
    {
        var style = Word(AttributeKind.Style, 0.35);
        var fact = Word(AttributeKind.Fact, kind is null ? 0.2 : 0);
        if (fact is not null) return Styled(Framed(fact), random.Chance(0.3) ? style : null);
        if (style is not null && kind is null or AttributeKind.Style && random.Chance(0.25)) return With(random.Pick(BareStyles), style!);
        var subject = Subject();
        return subject is null ? style is null ? null : With(random.Pick(BareStyles), style) : Styled(subject, style);

        string? Word(AttributeKind of, double probability)
        {
            if (of == kind) return Slot;
            return lexicon[of] is { IsEmpty: false } words && random.Chance(probability) ? random.Pick(words) : null;
        }

        string? Subject()
        {
            var (thing, color, action) = (Word(AttributeKind.Object, 0.9), Word(AttributeKind.Color, 0.6), Word(AttributeKind.Action, 0.35));
            // A colour or a verb alone, and a bare noun, are captions too.
            if (color is not null && kind is null or AttributeKind.Color && action is null && random.Chance(0.15)) return random.Chance(0.5) ? color : $"something {color}";
            if (thing is null) return (kind == AttributeKind.Color ? color : action ?? color) is { } quality ? random.Chance(0.5) ? quality : $"something {quality}" : null;
            if (color is null && action is null && random.Chance(0.1)) return thing;
            var core = color is null ? thing : $"{color} {thing}";
            if (action is not null) core = random.Next() switch { < 0.4 => $"{action} {core}", < 0.8 => $"{core} that is {action}", _ => $"{core} {action}" };
            if (lexicon.Places is { IsEmpty: false } places && random.Chance(0.25)) core += " " + random.Pick(places);
            return Framed("a " + core);
        }

        string Framed(string text) => random.Pick(Frames).Replace("{}", text, StringComparison.Ordinal);

        string Styled(string text, string? ending) => ending is null ? Finish(text) : With(random.Pick(StyleEndings).Replace("{}", text, StringComparison.Ordinal), ending);

        static string With(string pattern, string value) => Finish(pattern.Replace("{0}", value, StringComparison.Ordinal));

        // The slot gets its article when it is filled.
        static string Finish(string text) => text.Contains(Slot, StringComparison.Ordinal) ? text : Fill(text, "");
    }

    private static bool IsVowel(char letter) => "aeioAEIO".Contains(letter, StringComparison.Ordinal);

    [GeneratedRegex(@"\ban? (?<next>\w+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Article();
}
