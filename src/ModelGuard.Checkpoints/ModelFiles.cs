using System.Collections.Immutable;
using System.Text.RegularExpressions;
using ModelGuard.Shared;

namespace ModelGuard.Checkpoints;

/// <summary>One file of a model.</summary>
/// <param name="Name">Path relative to the model, with forward slashes.</param>
/// <param name="Path">Where its content is read.</param>
public sealed record ModelFile(string Name, string Path);

/// <summary>What becomes of symbolic links among a model's files.</summary>
public enum LinkRule
{
    /// <summary>They are refused: what a signature covers must not lie elsewhere.</summary>
    Refuse,

    /// <summary>They are followed within the model and into a Hugging Face hub cache, whose snapshots consist of links; others are refused.</summary>
    FollowInside,

    /// <summary>They are followed wherever they lead.</summary>
    Follow,
}

/// <summary>The files that make a model, in the order of digests.</summary>
public static partial class ModelFiles
{
    /// <summary>The delta beside a model that was edited here.</summary>
    public const string DeltaName = "modelguard.delta.safetensors";

    private const int DeepestFolder = 32;
    private const string ReportPrefix = "modelguard-report.";

    /// <summary>The report beside a model that was edited here.</summary>
    internal const string ReportName = ReportPrefix + "json";

    // What OpenSSF model signing leaves out at a model's root, and what this tool writes there about the model.
    private static readonly string[] IgnoredAtRoot = [".git", ".gitattributes", ".github", ".gitignore", "model.sig", DeltaName];

    /// <summary>All files of a model, by the code points of their names; a single file is a model of one. Reports and signatures beside a model speak about it and do not count.</summary>
    /// <exception cref="CheckpointException">MG0265 for a link that is refused or leads nowhere, a pipe, or a name that is no text; MG0280 for a link that leads out.</exception>
    public static ImmutableArray<ModelFile> Of(string path, LinkRule links) => Of(path, links, SpeaksAboutTheModel);

    /// <summary>The same with other files left out: what a signature covers is what its own rules say.</summary>
    /// <param name="path">A folder, or a single file.</param>
    /// <param name="links">What becomes of links.</param>
    /// <param name="ignored">Whether a file, or a folder with all that is in it, is left out; takes the path relative to the model, with forward slashes.</param>
    /// <exception cref="CheckpointException">As above.</exception>
    public static ImmutableArray<ModelFile> Of(string path, LinkRule links, Func<string, bool> ignored)
    {
        if (File.Exists(path)) return [new ModelFile(System.IO.Path.GetFileName(path), path)];
        var files = new List<ModelFile>();
        Collect(new DirectoryInfo(path), "", new Walk(path, links, ignored, files), 0);
        return [.. files.OrderBy(f => f.Name, RootDigest.NameOrder)];
    }

    /// <summary>What lies at a model's root, speaks about the model, and is no part of it.</summary>
    public static bool SpeaksAboutTheModel(string name) => IgnoredAtRoot.Contains(name, StringComparer.Ordinal) || (name.StartsWith(ReportPrefix, StringComparison.Ordinal) && !name.Contains('/', StringComparison.Ordinal));

    private static void Collect(DirectoryInfo folder, string prefix, Walk walk, int depth)
    {
        if (depth > DeepestFolder) throw new CheckpointException("MG0265", FormattableString.Invariant($"'{folder.FullName}' lies more than {DeepestFolder} folders deep; a link may lead back to a folder above it. Remove it."), folder.FullName);
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            if (walk.Ignores(prefix + entry.Name)) continue;
            var target = entry.LinkTarget is null ? entry : walk.Follow(entry);
            // The system gives bytes that are no UTF-8 as U+FFFD: another file than this one would be read under that name, or none.
            if (entry.Name.Contains('\uFFFD', StringComparison.Ordinal))
            {
                throw new CheckpointException("MG0265", $"The name of '{entry.FullName}' is no valid UTF-8, so the file cannot be named in a signature. Rename it, or remove it.", entry.FullName);
            }

            if (target is DirectoryInfo inner) Collect(inner, $"{prefix}{entry.Name}/", walk, depth + 1);
            else if (FileSystem.IsPipe(target.FullName)) throw new CheckpointException("MG0265", $"'{entry.FullName}' is a named pipe, not a file, and has no content to digest. Remove it.", entry.FullName);
            else walk.Files.Add(new ModelFile(prefix + entry.Name, target.FullName));
        }
    }

    // huggingface_hub's cache: models--owner--name/snapshots/<commit>/… are links to models--owner--name/blobs/<digest>.
    [GeneratedRegex(@"[/\\]models--[^/\\]+[/\\](blobs|snapshots)[/\\][^/\\]+", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex HubCache();

    private sealed class Walk(string root, LinkRule links, Func<string, bool> ignored, List<ModelFile> files)
    {
        private readonly string realRoot = RealPath(root);

        public List<ModelFile> Files => files;

        public bool Ignores(string name) => ignored(name);

        public FileSystemInfo Follow(FileSystemInfo link)
        {
            if (links == LinkRule.Refuse)
            {
                throw new CheckpointException("MG0265", $"'{link.FullName}' is a symbolic link; what it points to could change under a signature. Copy the checkpoint with its files (for example 'cp -rL') and use the copy.", link.FullName);
            }

            if (link.ResolveLinkTarget(returnFinalTarget: true) is not { Exists: true } target)
            {
                throw new CheckpointException("MG0265", $"'{link.FullName}' is a symbolic link that leads nowhere. Copy or download the checkpoint again, whole.", link.FullName);
            }

            var real = RealPath(target.FullName);
            if (links == LinkRule.FollowInside && !real.StartsWith(realRoot + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal) && !HubCache().IsMatch(real))
            {
                throw new CheckpointException("MG0280", $"'{link.FullName}' is a symbolic link out of the checkpoint, to '{real}', whose content would be copied into the edited one. If that is meant, pass --allow-outside; else copy the checkpoint with its files.", link.FullName);
            }

            return target;
        }

        // A folder on the way may be a link itself.
        private static string RealPath(string path)
        {
            path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
            var parent = System.IO.Path.GetDirectoryName(path);
            if (parent is null) return path;
            var here = System.IO.Path.Combine(RealPath(parent), System.IO.Path.GetFileName(path));
            FileSystemInfo info = Directory.Exists(here) ? new DirectoryInfo(here) : new FileInfo(here);
            return info.LinkTarget is null ? here : RealPath(info.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? here);
        }
    }
}
