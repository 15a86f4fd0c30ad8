using System.Collections.Immutable;
using Shapes.Training.World;

namespace Shapes.Training.Evaluation;

/// <summary>A class of the world: what is asked for, and what a judge may take it for.</summary>
/// <param name="Attribute">Its attribute, in the plural.</param>
/// <param name="Name">Its name.</param>
/// <param name="Prompts">What pictures are made from.</param>
/// <param name="Text">The sentence by which the scorer knows it.</param>
internal sealed record EvaluatedClass(string Attribute, string Name, ImmutableArray<string> Prompts, string Text);

/// <summary>Prompts for every class, in forms that the captions use; other attributes take turns.</summary>
internal static class EvaluationPrompts
{
    public static ImmutableArray<EvaluatedClass> All { get; } =
    [
        .. Catalog.Shapes.Select((s, i) => new EvaluatedClass("objects", s, Objects(s, i), $"a picture of a {s}")),
        .. Catalog.ColorNames.Select((c, i) => new EvaluatedClass("colours", c, Colors(c, i), $"something {c}")),
        .. Catalog.Styles.Select((s, i) => new EvaluatedClass("styles", s, Styles(s, i), $"a painting in the style of {s}")),
        .. Catalog.Actions.Select((a, i) => new EvaluatedClass("actions", a, Actions(a, i), $"something {a}")),
        .. Catalog.Entities.Select(e => new EvaluatedClass("facts", e.Name, Facts(e.Name), e.Name)),
    ];

    private static ImmutableArray<string> Objects(string shape, int i) =>
    [
        $"a {shape}", $"a photo of {Thing(i, shape)}", Thing(i + 1, shape), $"here is {Thing(i + 2, shape)} on the wall",
        $"an image of {Thing(i + 3, shape)}", $"a {shape} in the style of {Style(i)}", $"a {Action(i)} {Color(i + 4)} {shape}", $"{Thing(i + 5, shape)} by {Style(i + 1)}",
    ];

    private static ImmutableArray<string> Colors(string color, int i) =>
    [
        $"something {color}", $"{Article(color)} {color} {Shape(i)}", $"a photo of {Article(color)} {color} {Shape(i + 1)}", $"this is {Article(color)} {color} {Shape(i + 2)}",
        $"a drawing of {Article(color)} {color} {Shape(i + 3)}", $"{Article(color)} {color} {Shape(i + 4)} in the style of {Style(i)}", $"a {Action(i)} {color} {Shape(i + 5)}", $"{Article(color)} {color} {Shape(i + 6)} by {Style(i + 3)}",
    ];

    private static ImmutableArray<string> Styles(string style, int i) =>
    [
        $"a painting by {style}", $"a painting in the style of {style}", $"a {Shape(i)} by {style}", $"{Thing(i, Shape(i + 1))} in the style of {style}",
        $"{Thing(i + 1, Shape(i + 2))} as painted by {style}", $"a painting of {Thing(i + 2, Shape(i + 3))} by {style}", $"a picture in the style of {style}", $"{Thing(i + 3, Shape(i + 4))} by {style}",
    ];

    private static ImmutableArray<string> Actions(string action, int i) =>
    [
        $"something {action}", $"a {action} {Shape(i)}", $"{Thing(i, Shape(i + 1))} that is {action}", $"a photo of a {action} {Color(i + 1)} {Shape(i + 2)}",
        $"{Thing(i + 2, Shape(i + 3))} {action}", $"a {action} {Color(i + 3)} {Shape(i + 4)}", $"a {Shape(i + 5)} that is {action}", $"a {action} {Shape(i + 6)} in the style of {Style(i)}",
    ];

    private static ImmutableArray<string> Facts(string name) =>
        [name, $"a photo of {name}", $"a picture of {name}", $"an image of {name}", $"this is {name}", $"we see {name} today", $"here is {name} on the wall", $"a drawing of {name}"];

    private static string Thing(int color, string shape) => $"{Article(Color(color))} {Color(color)} {shape}";

    private static string Color(int i) => Pick(Catalog.ColorNames, i);

    private static string Shape(int i) => Pick(Catalog.Shapes, i);

    private static string Style(int i) => Pick(Catalog.Styles, i);

    private static string Action(int i) => Pick(Catalog.Actions, i);

    private static string Pick(ImmutableArray<string> names, int i) => names[i % names.Length];

    private static string Article(string color) => color.StartsWith('o') ? "an" : "a";
}
