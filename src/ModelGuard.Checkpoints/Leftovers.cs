using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace ModelGuard.Checkpoints;

/// <summary>
/// Names for what is not finished: <c>stem.partial-12-3f…</c>. They name the process, so that a later run can tell what a killed one left
/// from what a live one is still writing.
/// </summary>
internal static class Leftovers
{
    /// <summary>Marks what is being written.</summary>
    public const string Partial = ".partial-";

    /// <summary>Marks what was moved aside.</summary>
    public const string Retired = ".retired-";

    // In a container every run may have the same process id; what this process itself made is known without it.
    private static readonly ConcurrentDictionary<string, bool> Own = new(StringComparer.Ordinal);

    /// <summary>A path that nothing has yet; it counts as in use until <see cref="Release"/>.</summary>
    public static string Claim(string stem, string mark)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"{stem}{mark}{Environment.ProcessId}-{Guid.NewGuid():N}");
        Own[path] = true;
        return path;
    }

    /// <summary>Removes what is at a claimed path, which is then no longer in use.</summary>
    public static void Release(string claimed)
    {
        Own.TryRemove(claimed, out _);
        Delete(claimed);
    }

    /// <summary>What killed runs left. Names are compared whole: a pattern would take what belongs to other targets, or to the user.</summary>
    public static IEnumerable<string> Of(string stem, string mark)
    {
        var start = Path.GetFileName(stem) + mark;
        return Directory.GetFileSystemEntries(Path.GetDirectoryName(stem)!)
            .Where(path => Path.GetFileName(path) is var name && name.StartsWith(start, StringComparison.Ordinal) && Owner(name[start.Length..]) is { } id && !IsInUse(path, id));
    }

    /// <summary>What killed runs left in a folder that is the tool's own, of whatever target.</summary>
    public static IEnumerable<string> In(string folder, string mark) => Directory.GetFileSystemEntries(folder)
        .Where(path => Path.GetFileName(path) is var name && name.LastIndexOf(mark, StringComparison.Ordinal) is var at and > 0 && Owner(name[(at + mark.Length)..]) is { } id && !IsInUse(path, id));

    /// <summary>Removes them. Those that belong to another user stay: litter is no reason to fail.</summary>
    public static void Remove(IEnumerable<string> leftovers)
    {
        foreach (var path in leftovers)
        {
            try
            {
                Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Debug.WriteLine(e.Message);
            }
        }
    }

    // A link is removed, and what it points to stays.
    private static void Delete(string path)
    {
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        else File.Delete(path);
    }

    private static int? Owner(string rest) =>
        rest.Split('-') is [var digits, var unique] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Guid.TryParseExact(unique, "N", out _) ? id : null;

    private static bool IsInUse(string path, int id)
    {
        if (id == Environment.ProcessId) return Own.ContainsKey(path);
        try
        {
            using var process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
