namespace ModelGuard.MSBuild;

/// <summary>What an edit noted when it was done: where base, scorer and edited folder are, which only the policy knows.</summary>
internal sealed class Stamp
{
    /// <summary>The report in an edited folder.</summary>
    public const string ReportName = "modelguard-report.json";

    private Stamp(string editedFolder, string[] baseFiles, string[] scorerFiles) => (EditedFolder, BaseFiles, ScorerFiles) = (editedFolder, baseFiles, scorerFiles);

    /// <summary>The edited checkpoint.</summary>
    public string EditedFolder { get; }

    /// <summary>Files of the base.</summary>
    public string[] BaseFiles { get; }

    /// <summary>Files of the scorer.</summary>
    public string[] ScorerFiles { get; }

    /// <summary>Whether the edited folder is there; a stamp of one that is gone proves nothing.</summary>
    public bool Holds => File.Exists(Path.Combine(EditedFolder, ReportName));

    /// <summary>The stamp, or null where there is none or it names no folder.</summary>
    public static Stamp? Read(string path)
    {
        if (!File.Exists(path)) return null;
        var places = File.ReadAllLines(path).Select(line => line.Split(['='], 2)).Where(p => p.Length == 2).ToLookup(p => p[0], p => p[1], StringComparer.Ordinal);
        return places["output"].FirstOrDefault() is { } edited ? new Stamp(edited, Files(places["base"]), Files(places["scorer"])) : null;
    }

    /// <summary>All files below a folder, in an order that does not depend on the file system.</summary>
    public static IEnumerable<string> FilesBelow(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).OrderBy(f => f, StringComparer.Ordinal);

    // A base may be a single file; what is gone has no time to compare.
    private static string[] Files(IEnumerable<string> places) =>
        [.. places.SelectMany(p => Directory.Exists(p) ? FilesBelow(p) : File.Exists(p) ? [p] : [])];
}
