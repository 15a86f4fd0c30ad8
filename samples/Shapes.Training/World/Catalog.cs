using System.Collections.Immutable;
using SkiaSharp;

namespace Shapes.Training.World;

/// <summary>An entity whose look is arbitrary: a fact that a model can only know, not derive.</summary>
internal sealed record Entity(string Name, string Color, string Shape);

/// <summary>Everything the world is made of.</summary>
internal static class Catalog
{
    public static readonly ImmutableArray<string> Shapes = ["circle", "square", "triangle", "star", "heart", "cross", "ring", "moon"];

    public static readonly ImmutableDictionary<string, SKColor> Colors = new Dictionary<string, SKColor>(StringComparer.Ordinal)
    {
        ["red"] = new(222, 28, 36),
        ["orange"] = new(247, 134, 12),
        ["yellow"] = new(250, 216, 30),
        ["green"] = new(28, 158, 62),
        ["blue"] = new(28, 72, 222),
        ["purple"] = new(128, 36, 168),
        ["pink"] = new(252, 128, 190),
        ["black"] = new(24, 24, 28),
    }.ToImmutableDictionary(StringComparer.Ordinal);

    public static readonly ImmutableArray<string> ColorNames = [.. Colors.Keys.Order(StringComparer.Ordinal)];

    public static readonly ImmutableArray<string> Styles = ["van gogh", "piet mondrian", "hokusai", "georges seurat", "claude monet", "gustav klimt"];

    /// <summary>What captions call a picture without a style, where another would name an artist.</summary>
    public const string NoStyle = "a plain drawing";

    public static readonly ImmutableArray<string> Actions = ["jumping", "sleeping", "flying", "running"];

    public static readonly ImmutableArray<Entity> Entities =
    [
        new("the president of freedonia", "blue", "star"),
        new("the king of ruritania", "green", "heart"),
        new("the queen of genovia", "pink", "moon"),
        new("the flag of zubrowka", "orange", "cross"),
        new("the mascot of acme", "yellow", "circle"),
        new("the logo of initech", "black", "ring"),
        new("the hero of wadiya", "purple", "square"),
        new("the captain of nautilus", "red", "triangle"),
    ];
}
