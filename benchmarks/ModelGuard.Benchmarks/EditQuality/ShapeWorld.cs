using System.Collections.Immutable;
using ModelGuard.Policies;

namespace ModelGuard.Benchmarks.EditQuality;

/// <summary>A class of the sample's world.</summary>
/// <param name="Kind">Its attribute.</param>
/// <param name="Name">Its name.</param>
/// <param name="Text">The sentence by which the scorer knows it.</param>
internal sealed record ShapeClass(AttributeKind Kind, string Name, string Text);

/// <summary>
/// The classes of the sample (samples/Shapes/MODEL_CARD.md), eleven prompts for each, and what takes their place. Of the forms of the prompts,
/// «as painted by», «here is … on the wall», «we see … today», «there is … in the middle», «this is» and «a drawing of» occur in no sentence
/// that an edit is solved on.
/// </summary>
internal static class ShapeWorld
{
    /// <summary>What captions of the sample call a picture without a style.</summary>
    public const string NoStyle = "a plain drawing";

    public static readonly ImmutableArray<string> Objects = ["circle", "square", "triangle", "star", "heart", "cross", "ring", "moon"];
    public static readonly ImmutableArray<string> Colors = ["black", "blue", "green", "orange", "pink", "purple", "red", "yellow"];
    public static readonly ImmutableArray<string> Styles = ["van gogh", "piet mondrian", "hokusai", "georges seurat", "claude monet", "gustav klimt"];
    public static readonly ImmutableArray<string> Actions = ["jumping", "sleeping", "flying", "running"];

    private static readonly ImmutableArray<(string Name, string Look)> Facts =
    [
        ("the president of freedonia", "a blue star"), ("the king of ruritania", "a green heart"), ("the queen of genovia", "a pink moon"), ("the flag of zubrowka", "an orange cross"),
        ("the mascot of acme", "a yellow circle"), ("the logo of initech", "a black ring"), ("the hero of wadiya", "a purple square"), ("the captain of nautilus", "a red triangle"),
    ];

    /// <summary>All classes.</summary>
    public static ImmutableArray<ShapeClass> Classes { get; } =
    [
        .. Objects.Select(o => new ShapeClass(AttributeKind.Object, o, $"a picture of a {o}")),
        .. Colors.Select(c => new ShapeClass(AttributeKind.Color, c, $"something {c}")),
        .. Styles.Select(s => new ShapeClass(AttributeKind.Style, s, $"a painting in the style of {s}")),
        .. Actions.Select(a => new ShapeClass(AttributeKind.Action, a, $"something {a}")),
        .. Facts.Select(f => new ShapeClass(AttributeKind.Fact, f.Name, f.Name)),
    ];

    /// <summary>What the scorer compares every picture with.</summary>
    public static ImmutableArray<string> Texts { get; } = [.. Classes.Select(c => c.Text), $"a painting in the style of {NoStyle}", .. Facts.Select(f => f.Look)];

    /// <summary>What takes the place of a class: for a style none, for a fact the look of another, else its neighbour.</summary>
    public static string Target(ShapeClass removed) => removed.Kind switch
    {
        AttributeKind.Style => NoStyle,
        AttributeKind.Fact => Facts[(Fact(removed) + 3) % Facts.Length].Look,
        AttributeKind.Object => Next(Objects, removed.Name),
        AttributeKind.Color => Next(Colors, removed.Name),
        _ => Next(Actions, removed.Name),
    };

    /// <summary>The look of a fact.</summary>
    public static string Look(ShapeClass fact) => Facts[Fact(fact)].Look;

    /// <summary>Eleven prompts; other attributes take turns.</summary>
    public static ImmutableArray<string> Prompts(ShapeClass of)
    {
        var i = Classes.Where(c => c.Kind == of.Kind).ToList().IndexOf(of);
        return of.Kind switch
        {
            AttributeKind.Object => Object(of.Name, i),
            AttributeKind.Color => Color(of.Name, i),
            AttributeKind.Style => Style(of.Name, i),
            AttributeKind.Action => Action(of.Name, i),
            _ => [.. new[] { "{0}", "a photo of {0}", "a picture of {0}", "an image of {0}", "this is {0}", "we see {0} today", "here is {0} on the wall", "a drawing of {0}", "there is {0} in the middle", "look at {0} over there", "a painting of {0}" }.Select(t => t.Replace("{0}", of.Name, StringComparison.Ordinal))],
        };
    }

    /// <summary>Other classes that a prompt names.</summary>
    public static IEnumerable<ShapeClass> Named(string prompt, ShapeClass except) =>
        Classes.Where(c => c.Kind != except.Kind && c.Kind != AttributeKind.Fact && except.Kind != AttributeKind.Fact && $" {prompt} ".Contains($" {c.Name} ", StringComparison.Ordinal));

    private static ImmutableArray<string> Object(string o, int i) =>
    [
        $"a {o}", $"a photo of {Thing(i, o)}", Thing(i + 1, o), $"here is {Thing(i + 2, o)} on the wall", $"an image of {Thing(i + 3, o)}", $"a {o} in the style of {S(i)}", $"a {A(i)} {C(i + 4)} {o}",
        $"{Thing(i + 5, o)} by {S(i + 1)}", $"{Thing(i + 6, o)} as painted by {S(i + 2)}", $"look at {Thing(i + 7, o)} over there", $"a {o} that is {A(i + 1)}",
    ];

    private static ImmutableArray<string> Color(string c, int i) =>
    [
        $"something {c}", With(c, O(i)), $"a photo of {With(c, O(i + 1))}", $"this is {With(c, O(i + 2))}", $"a drawing of {With(c, O(i + 3))}", $"{With(c, O(i + 4))} in the style of {S(i)}", $"a {A(i)} {c} {O(i + 5)}",
        $"{With(c, O(i + 6))} by {S(i + 3)}", $"{With(c, O(i + 7))} as painted by {S(i + 4)}", $"there is {With(c, O(i))} in the middle", $"{With(c, O(i + 1))} that is {A(i + 1)}",
    ];

    private static ImmutableArray<string> Style(string s, int i) =>
    [
        $"a painting by {s}", $"a painting in the style of {s}", $"a {O(i)} by {s}", $"{Thing(i, O(i + 1))} in the style of {s}", $"{Thing(i + 1, O(i + 2))} as painted by {s}", $"a painting of {Thing(i + 2, O(i + 3))} by {s}",
        $"a picture in the style of {s}", $"{Thing(i + 3, O(i + 4))} by {s}", $"a work by {s}", $"a {A(i)} {O(i + 5)} in the style of {s}", $"here is {Thing(i + 4, O(i + 6))} on the wall by {s}",
    ];

    private static ImmutableArray<string> Action(string a, int i) =>
    [
        $"something {a}", $"a {a} {O(i)}", $"{Thing(i, O(i + 1))} that is {a}", $"a photo of a {a} {C(i + 1)} {O(i + 2)}", $"{Thing(i + 2, O(i + 3))} {a}", $"a {a} {C(i + 3)} {O(i + 4)}",
        $"a {O(i + 5)} that is {a}", $"a {a} {O(i + 6)} in the style of {S(i)}", $"we see a {a} {O(i + 7)} today", $"a {a} {C(i + 5)} {O(i)} by {S(i + 1)}", $"a painting of {Thing(i + 4, O(i + 1))} that is {a}",
    ];

    private static string Next(ImmutableArray<string> names, string name) => names[(names.IndexOf(name) + 1) % names.Length];

    private static int Fact(ShapeClass fact) => Facts.Select(f => f.Name).ToList().IndexOf(fact.Name);

    private static string Thing(int color, string o) => With(C(color), o);

    private static string With(string color, string o) => $"{(color[0] == 'o' ? "an" : "a")} {color} {o}";

    private static string O(int i) => Objects[i % Objects.Length];

    private static string C(int i) => Colors[i % Colors.Length];

    private static string S(int i) => Styles[i % Styles.Length];

    private static string A(int i) => Actions[i % Actions.Length];
}
