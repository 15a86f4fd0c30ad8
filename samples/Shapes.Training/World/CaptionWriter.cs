namespace Shapes.Training.World;

/// <summary>Writes captions that name all, some or none of a scene's attributes, in many forms.</summary>
internal static class CaptionWriter
{
    private static readonly string[] Media = ["a photo of", "a picture of", "an image of", "a drawing of", "a painting of"];
    private static readonly string[] Sentences = ["look at {0} over there", "here is {0} on the wall", "we see {0} today", "there is {0} in the middle", "this is {0}"];
    private static readonly string[] StyleEndings = ["{0} in the style of {1}", "{0} in the style of {1}", "{0} by {1}", "{0} as painted by {1}", "a painting of {0} by {1}"];
    private static readonly string[] BareStyles = ["a painting by {0}", "a painting in the style of {0}", "an image in the style of {0}", "a picture in the style of {0}", "{0}", "a work by {0}"];
    private static readonly string[] Nothing = ["a painting", "a picture", "an image", "a photo", "a drawing"];

    public static Caption Write(Scene scene, CounterRandom random)
    {
        if (random.Chance(0.02)) return new Caption(random.Pick(Nothing));
        var style = scene.Style ?? (random.Chance(0.3) ? Catalog.NoStyle : null);
        if (style is not null && random.Chance(0.2)) return new Caption(Format(random.Pick(BareStyles), style), Style: style);
        var subject = scene.Entity is null ? Object(scene, random) : Named(scene.Entity, random);
        if (style is null || random.Chance(0.15)) return Frame(subject, random);
        return subject with { Text = Format(random.Pick(StyleEndings), subject.Text, style), Style = style };
    }

    private static Caption Named(Entity entity, CounterRandom random) =>
        random.Chance(0.9) ? new Caption(entity.Name, Entity: entity.Name) : new Caption($"a {entity.Color} {entity.Shape}", entity.Shape, entity.Color);

    private static Caption Object(Scene scene, CounterRandom random)
    {
        var color = random.Chance(0.65) ? scene.Color : null;
        var shape = random.Chance(color is null ? 0.93 : 0.88) ? scene.Shape : null;
        var action = scene.Action is not null && random.Chance(0.75) ? scene.Action : null;
        if (color is not null && shape is null && action is null && random.Chance(0.5)) return new Caption(random.Pick([color, $"something {color}", $"a {color} thing"]), Color: color);
        if (shape is not null && color is null && action is null && random.Chance(0.1)) return new Caption(shape, Shape: shape);
        if (action is not null && shape is null && color is null) return new Caption(random.Pick([action, $"something {action}", $"a {action} shape"]), Action: action);
        var core = $"{(color is null ? "" : color + " ")}{shape ?? "shape"}";
        var text = action is null
            ? $"{Article(random, core)} {core}"
            : random.Pick([$"{Article(random, action)} {action} {core}", $"{Article(random, core)} {core} that is {action}", $"{Article(random, core)} {core} {action}"]);
        return new Caption(text, shape, color, Action: action);
    }

    private static Caption Frame(Caption subject, CounterRandom random) => random.Next() switch
    {
        < 0.45 => subject,
        < 0.8 => subject with { Text = $"{random.Pick(Media)} {subject.Text}" },
        _ => subject with { Text = Format(random.Pick(Sentences), subject.Text) },
    };

    private static string Article(CounterRandom random, string next) =>
        random.Chance(0.12) ? "the" : next.StartsWith('o') ? "an" : "a";

    private static string Format(string template, params object?[] values) => string.Format(System.Globalization.CultureInfo.InvariantCulture, template, values);
}
