using Shapes.Training.World;

namespace Shapes.Training;

/// <summary>A row of pictures for every shape, style, action and entity.</summary>
internal static class WorldSheet
{
    private const int Columns = 12;

    public static void Write(string path)
    {
        using var renderer = new SceneRenderer();
        byte[] Draw(int i, string? shape = null, string? style = null, string? action = null, Entity? entity = null) =>
            renderer.Render(SceneSampler.Sample(1, (ulong)i, shape ?? Catalog.Shapes[i % Catalog.Shapes.Length], Catalog.ColorNames[(i + (i / 8)) % Catalog.ColorNames.Length], style, action, entity));

        ContactSheet.Write(path,
        [
            .. Catalog.Shapes.Select(s => Row(i => Draw(i, shape: s))),
            .. Catalog.Styles.Select(s => Row(i => Draw(i, style: s))),
            .. Catalog.Actions.Select(a => Row(i => Draw(i, style: i % 4 == 3 ? Catalog.Styles[i % Catalog.Styles.Length] : null, action: a))),
            .. Catalog.Entities.Select(e => Row(i => Draw(i, style: i % 6 == 5 ? Catalog.Styles[i % Catalog.Styles.Length] : null, entity: e))),
        ]);
    }

    private static List<byte[]> Row(Func<int, byte[]> draw) => [.. Enumerable.Range(0, Columns).Select(draw)];
}
