using System.Globalization;

namespace ModelGuard.Checkpoints;

/// <summary>
/// Publishes a folder as a whole. It is filled beside its target under a temporary name and then put in place by one rename: after a kill at
/// any moment the target is either the old state or the whole new one.
/// </summary>
public static class CheckpointPublisher
{
    private const string PartialMark = ".partial-";
    private const string RetiredMark = ".retired-";

    /// <summary>Fills a temporary folder and makes it <paramref name="target"/>.</summary>
    /// <param name="target">The folder to publish.</param>
    /// <param name="fill">Writes the files into the folder that it is given.</param>
    /// <exception cref="CheckpointException">MG0260 when the target holds something else than a checkpoint.</exception>
    public static void Publish(string target, Action<string> fill)
    {
        target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        var parent = Path.GetDirectoryName(target) ?? throw new CheckpointException("MG0260", $"'{target}' cannot be published: it is the root of a file system.", target);
        Directory.CreateDirectory(parent);
        Recover(target, parent);
        RequireReplaceable(target);
        var partial = Sibling(target, parent, PartialMark);
        try
        {
            Directory.CreateDirectory(partial);
            fill(partial);
            FileSystem.FlushTree(partial);
            Swap(partial, target, parent);
        }
        finally
        {
            // After an exchange this is the old state; after a failure it is the unfinished one.
            if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
        }
    }

    private static void Swap(string partial, string target, string parent)
    {
        if (!Directory.Exists(target))
        {
            Directory.Move(partial, target);
        }
        else if (!FileSystem.TryExchange(partial, target))
        {
            // Without an exchange there is a moment with no target; Recover undoes a kill in it.
            var retired = Sibling(target, parent, RetiredMark);
            Directory.Move(target, retired);
            Directory.Move(partial, target);
            Directory.Delete(retired, recursive: true);
        }

        FileSystem.FlushFolder(parent);
    }

    /// <summary>Puts back what a killed run had moved aside and removes what it left unfinished.</summary>
    private static void Recover(string target, string parent)
    {
        var name = Path.GetFileName(target);
        foreach (var retired in Directory.GetDirectories(parent, $".{name}{RetiredMark}*"))
        {
            if (IsInUse(retired)) continue;
            if (Directory.Exists(target)) Directory.Delete(retired, recursive: true);
            else Directory.Move(retired, target);
        }

        foreach (var partial in Directory.GetDirectories(parent, $".{name}{PartialMark}*"))
        {
            if (!IsInUse(partial)) Directory.Delete(partial, recursive: true);
        }
    }

    // An empty folder is no loss, and neither is a checkpoint: it can be made again from its base.
    private static void RequireReplaceable(string target)
    {
        if (File.Exists(target)) throw new CheckpointException("MG0260", $"'{target}' is a file; the edited checkpoint is a folder. Name another output.", target);
        if (!Directory.Exists(target) || !Directory.EnumerateFileSystemEntries(target).Any() || File.Exists(Path.Combine(target, DiffusersFolder.IndexName))) return;
        throw new CheckpointException("MG0260", $"'{target}' holds files but no {DiffusersFolder.IndexName}, so it is no checkpoint and is not replaced. Name another output, or empty the folder yourself.", target);
    }

    private static string Sibling(string target, string parent, string mark) =>
        Path.Combine(parent, string.Create(CultureInfo.InvariantCulture, $".{Path.GetFileName(target)}{mark}{Environment.ProcessId}-{Guid.NewGuid():N}"));

    private static bool IsInUse(string folder)
    {
        var name = Path.GetFileName(folder);
        var mark = name.Contains(PartialMark, StringComparison.Ordinal) ? PartialMark : RetiredMark;
        var digits = name[(name.LastIndexOf(mark, StringComparison.Ordinal) + mark.Length)..].Split('-')[0];
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var id)) return false;
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
