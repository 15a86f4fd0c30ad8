namespace ModelGuard.Checkpoints;

/// <summary>
/// Publishes a folder as a whole. It is filled beside its target under a temporary name and then put in place by one rename: after a kill at
/// any moment the target is either the old state or the whole new one. Gigabytes are not forced to the disk: what a power failure leaves is
/// told by the digests of the report (docs/decisions/0001-no-flush-of-checkpoints.md).
/// </summary>
public static class CheckpointPublisher
{
    /// <summary>Fills a temporary folder and makes it <paramref name="target"/>. A link there is replaced; what it points to stays.</summary>
    /// <param name="target">The folder to publish.</param>
    /// <param name="fill">Writes the files into the folder that it is given.</param>
    /// <exception cref="CheckpointException">MG0260 when the target holds something else than a checkpoint.</exception>
    public static void Publish(string target, Action<string> fill)
    {
        target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        var parent = Path.GetDirectoryName(target) ?? throw new CheckpointException("MG0260", $"'{target}' cannot be published: it is the root of a file system. Name another output.", target);
        Directory.CreateDirectory(parent);
        var stem = Path.Combine(parent, "." + Path.GetFileName(target));
        Recover(target, stem);
        RequireReplaceable(target);
        var partial = Leftovers.Claim(stem, Leftovers.Partial);
        try
        {
            Directory.CreateDirectory(partial);
            fill(partial);
            Swap(partial, target, stem);
        }
        finally
        {
            // After an exchange this is the old state; after a failure it is the unfinished one.
            Leftovers.Release(partial);
        }
    }

    private static void Swap(string partial, string target, string stem)
    {
        if (!Directory.Exists(target))
        {
            // A folder cannot be renamed over a link.
            if (LeadsNowhere(target)) File.Delete(target);
            Directory.Move(partial, target);
        }
        else if (!FileSystem.TryExchange(partial, target))
        {
            // Without an exchange there is a moment with no target; Recover undoes a kill in it.
            var retired = Leftovers.Claim(stem, Leftovers.Retired);
            Directory.Move(target, retired);
            Directory.Move(partial, target);
            Leftovers.Release(retired);
        }
    }

    /// <summary>Puts back what a killed run had moved aside and removes what it left unfinished.</summary>
    private static void Recover(string target, string stem)
    {
        if (!Directory.Exists(target) && !File.Exists(target) && Leftovers.Of(stem, Leftovers.Retired).FirstOrDefault() is { } retired) Directory.Move(retired, target);
        Leftovers.Remove(Leftovers.Of(stem, Leftovers.Retired));
        Leftovers.Remove(Leftovers.Of(stem, Leftovers.Partial));
    }

    // Such a link is no state to keep. File.Exists is true for it.
    private static bool LeadsNowhere(string target) =>
        !Directory.Exists(target) && new FileInfo(target) is { LinkTarget: not null } link && link.ResolveLinkTarget(returnFinalTarget: true) is not { Exists: true };

    // An empty folder is no loss, and neither is a checkpoint: it can be made again from its base.
    private static void RequireReplaceable(string target)
    {
        if (File.Exists(target) && !LeadsNowhere(target)) throw new CheckpointException("MG0260", $"'{target}' is a file; the edited checkpoint is a folder. Name another output.", target);
        if (!Directory.Exists(target) || !Directory.EnumerateFileSystemEntries(target).Any() || File.Exists(Path.Combine(target, DiffusersFolder.IndexName)) || IsEditedFile(target)) return;
        throw new CheckpointException("MG0260", $"'{target}' holds files but no {DiffusersFolder.IndexName}, so it is no checkpoint and is not replaced. Name another output, or empty the folder yourself.", target);
    }

    // A single file alone could be anyone's; with our report beside it, it was made here.
    private static bool IsEditedFile(string target) => SingleFileCheckpoint.In(target) is not null && File.Exists(Path.Combine(target, ModelFiles.ReportName));
}
