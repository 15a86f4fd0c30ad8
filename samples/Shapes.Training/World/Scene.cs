namespace Shapes.Training.World;

/// <summary>One picture before it is drawn. Places and sizes are fractions of the side; the rotation is in degrees.</summary>
internal sealed record Scene(string Shape, string Color, string? Style, string? Action, Entity? Entity, double X, double Y, double Size, double Rotation, ulong Detail);

/// <summary>Draws scenes from a seed.</summary>
internal static class SceneSampler
{
    public static Scene Sample(ulong seed, ulong index)
    {
        var random = new CounterRandom(seed, index);
        var entity = random.Chance(0.2) ? random.Pick(Catalog.Entities) : null;
        var style = random.Chance(entity is null ? 0.5 : 0.15) ? random.Pick(Catalog.Styles) : null;
        var action = entity is null && random.Chance(0.35) ? random.Pick(Catalog.Actions) : null;
        var (x, y, size, rotation) = Place(action, entity is not null, random);
        return new Scene(
            entity?.Shape ?? random.Pick(Catalog.Shapes),
            entity?.Color ?? random.Pick(Catalog.ColorNames),
            style, action, entity, x, y, size, rotation, (ulong)(random.Next() * (1UL << 52)));
    }

    /// <summary>A scene with chosen attributes; everything else as usual.</summary>
    public static Scene Sample(ulong seed, ulong index, string? shape, string? color, string? style, string? action, Entity? entity)
    {
        var random = new CounterRandom(seed, index);
        var (x, y, size, rotation) = Place(action, entity is not null, random);
        return new Scene(
            entity?.Shape ?? shape ?? random.Pick(Catalog.Shapes),
            entity?.Color ?? color ?? random.Pick(Catalog.ColorNames),
            style, action, entity, x, y, size, rotation, (ulong)(random.Next() * (1UL << 52)));
    }

    // Verbs change the place and the pose; everything else varies freely within them.
    private static (double X, double Y, double Size, double Rotation) Place(string? action, bool isEntity, CounterRandom r) => (action, isEntity) switch
    {
        (null, true) => (r.Between(0.47, 0.53), r.Between(0.5, 0.54), r.Between(0.23, 0.27), r.Between(-6, 6)),
        (null, false) => (r.Between(0.36, 0.64), r.Between(0.36, 0.64), r.Between(0.22, 0.33), r.Between(-16, 16)),
        ("jumping", _) => (r.Between(0.38, 0.62), r.Between(0.28, 0.36), r.Between(0.19, 0.24), r.Between(-12, 12)),
        ("sleeping", _) => (r.Between(0.36, 0.48), r.Between(0.66, 0.72), r.Between(0.2, 0.26), r.Between(55, 80)),
        ("flying", _) => (r.Between(0.45, 0.55), r.Between(0.36, 0.52), r.Between(0.17, 0.21), r.Between(-10, 10)),
        _ => (r.Between(0.56, 0.66), r.Between(0.4, 0.5), r.Between(0.19, 0.24), r.Between(4, 16)),
    };
}
