using ModelGuard.Checkpoints;

namespace ModelGuard.Cli;

/// <summary>Where what is written may lie.</summary>
internal static class Paths
{
    /// <summary>Refuses an output inside of what is read, or around it: replacing a folder would take away what lies in it, and a file inside a checkpoint would change it.</summary>
    /// <exception cref="CheckpointException">MG0260.</exception>
    public static void RequireApart(string source, string target)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(source));
        if (Holds(full, target) || Holds(target, full)) throw new CheckpointException("MG0260", $"The output '{target}' and '{full}' lie in one another. Name an output elsewhere.", target);

        static bool Holds(string outer, string inner) => inner == outer || inner.StartsWith(outer + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }
}
