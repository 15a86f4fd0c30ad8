using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace ModelGuard.MSBuild;

/// <summary>
/// Reads what earlier edits left in their stamps: where base, scorer and edited folder are, which only the policy knows. A stamp whose edited
/// folder is gone proves nothing and is deleted, so that the edit runs again.
/// </summary>
public sealed class ModelGuardReadStamps : Microsoft.Build.Utilities.Task
{
    private const string ReportName = "modelguard-report.json";

    /// <summary>Policies with the metadata <c>Stamp</c>.</summary>
    [Required]
#pragma warning disable CA1819 // MSBuild binds arrays only.
    public ITaskItem[] Policies { get; set; } = [];

    /// <summary>
    /// The same with the metadata <c>BaseFiles</c>, <c>ScorerFiles</c> (lists), <c>EditedFolder</c> and <c>EditedReport</c>, where a stamp has them.
    /// </summary>
    [Output]
    public ITaskItem[] Known { get; set; } = [];
#pragma warning restore CA1819

    /// <inheritdoc />
    public override bool Execute()
    {
        Known = [.. Policies.Select(Read)];
        return true;
    }

    private static TaskItem Read(ITaskItem policy)
    {
        var item = new TaskItem(policy);
        var stamp = policy.GetMetadata("Stamp");
        if (!File.Exists(stamp)) return item;
        var places = File.ReadAllLines(stamp).Select(line => line.Split(['='], 2)).Where(p => p.Length == 2).ToLookup(p => p[0], p => p[1], StringComparer.Ordinal);
        var edited = places["output"].FirstOrDefault();
        if (edited is null || !File.Exists(Path.Combine(edited, ReportName)))
        {
            File.Delete(stamp);
            return item;
        }

        item.SetMetadata("BaseFiles", Files(places["base"]));
        item.SetMetadata("ScorerFiles", Files(places["scorer"]));
        item.SetMetadata("EditedFolder", Escape(edited));
        item.SetMetadata("EditedReport", Escape(Path.Combine(edited, ReportName)));
        return item;
    }

    // A base may be a single file; what is gone has no time to compare.
    private static string Files(IEnumerable<string> places) =>
        string.Join(";", places.SelectMany(p => Directory.Exists(p) ? Directory.EnumerateFiles(p, "*", SearchOption.AllDirectories) : File.Exists(p) ? [p] : []).Select(Escape));

    // What MSBuild would read as a list, a wildcard or an expression.
    private static string Escape(string path) =>
        string.Concat(path.Select(c => "%;*?$@()'".IndexOf(c) < 0 ? c.ToString() : $"%{(int)c:x2}"));
}
