using SkiaSharp;

namespace ModelGuard.Reports.HeatMaps;

/// <summary>
/// A font for pictures. The build of Skia that needs no system libraries sees no fonts on Linux, so they are looked for where distributions put
/// them; elsewhere the system is asked.
/// </summary>
public static class SystemFont
{
    private static readonly string[] Folders = ["/usr/share/fonts", "/usr/local/share/fonts"];
    private static readonly string[] Known = ["DejaVuSans", "LiberationSans-Regular", "NotoSans-Regular", "Arimo-Regular", "OpenSans-Regular"];
    private static readonly Lazy<SKTypeface?> Regular = new(() => Load(bold: false), LazyThreadSafetyMode.ExecutionAndPublication);
    private static readonly Lazy<SKTypeface?> Bold = new(() => Load(bold: true), LazyThreadSafetyMode.ExecutionAndPublication);

    /// <summary>Whether pictures can have letters.</summary>
    public static bool IsThere => Regular.Value is not null;

    /// <summary>A typeface that lives as long as the process; null when this system has none.</summary>
    internal static SKTypeface? Find(bool bold) => bold ? Bold.Value ?? Regular.Value : Regular.Value;

    private static SKTypeface? Load(bool bold)
    {
        if (!OperatingSystem.IsLinux()) return SKTypeface.FromFamilyName(null, bold ? SKFontStyle.Bold : SKFontStyle.Normal);
        string[] files = [.. Folders.Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f, "*.ttf", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })).Order(StringComparer.Ordinal)];
        var names = bold ? Known.Select(n => n.Replace("-Regular", "", StringComparison.Ordinal) + "-Bold") : Known;
        var file = names.Select(n => files.FirstOrDefault(f => Path.GetFileNameWithoutExtension(f) == n)).FirstOrDefault(f => f is not null);
        return file is null ? null : SKTypeface.FromFile(file);
    }
}
