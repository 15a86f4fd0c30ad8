using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace ModelGuard.Checkpoints;

/// <summary>One file of a model with its SHA-256.</summary>
/// <param name="Name">Path relative to the model, with forward slashes.</param>
/// <param name="Sha256">The digest.</param>
public sealed record FileDigest(string Name, ImmutableArray<byte> Sha256);

/// <summary>Digests of files and of whole checkpoints.</summary>
public static class Digests
{
    // What OpenSSF model signing leaves out at a model's root, and what this tool writes there about the model.
    private static readonly string[] IgnoredAtRoot = [".git", ".gitattributes", ".github", ".gitignore", "model.sig"];
    private const string ReportPrefix = "modelguard-report.";

    /// <summary>SHA-256 of a file, read in a stream.</summary>
    public static byte[] Sha256OfFile(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        return SHA256.HashData(stream);
    }

    /// <summary>
    /// The root digest of OpenSSF model signing v1.0 (§6.5.1): SHA-256 over the raw digests of all files, ordered by the code points of their
    /// names. Reports beside a model speak about it and do not count.
    /// </summary>
    /// <returns><c>sha256:</c> and lower-case hex.</returns>
    /// <exception cref="CheckpointException">MG0265 for a symbolic link, a pipe, a name that is no text, or an empty folder.</exception>
    public static string RootDigest(string folder, CancellationToken cancellation = default)
    {
        using var root = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var files = Files(folder, cancellation);
        if (files.IsEmpty) throw new CheckpointException("MG0265", $"'{folder}' holds no files to digest. Name the folder of a checkpoint.", folder);
        foreach (var file in files) root.AppendData(file.Sha256.AsSpan());
        return "sha256:" + Convert.ToHexStringLower(root.GetHashAndReset());
    }

    /// <summary>All files of a model with their digests, by code points of their names.</summary>
    /// <exception cref="CheckpointException">MG0265 for a symbolic link, a pipe, or a name that is no text.</exception>
    public static ImmutableArray<FileDigest> Files(string folder, CancellationToken cancellation = default)
    {
        var names = new List<string>();
        Collect(new DirectoryInfo(folder), "", names);
        // UTF-8 bytes order as code points do; UTF-16 units would not above U+FFFF.
        names.Sort((a, b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b)));
        var result = ImmutableArray.CreateBuilder<FileDigest>(names.Count);
        foreach (var name in names)
        {
            cancellation.ThrowIfCancellationRequested();
            result.Add(new FileDigest(name, [.. Sha256OfFile(Path.Combine(folder, name))]));
        }

        return result.MoveToImmutable();
    }

    private static void Collect(DirectoryInfo folder, string prefix, List<string> names)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            if (prefix.Length == 0 && (IgnoredAtRoot.Contains(entry.Name, StringComparer.Ordinal) || entry.Name.StartsWith(ReportPrefix, StringComparison.Ordinal))) continue;
            if (entry.LinkTarget is not null)
            {
                throw new CheckpointException("MG0265", $"'{entry.FullName}' is a symbolic link; what it points to could change under a signature. Copy the checkpoint with its files (for example 'cp -rL') and use the copy.", entry.FullName);
            }

            // The system gives bytes that are no UTF-8 as U+FFFD: another file than this one would be read under that name, or none.
            if (entry.Name.Contains('\uFFFD', StringComparison.Ordinal))
            {
                throw new CheckpointException("MG0265", $"The name of '{entry.FullName}' is no valid UTF-8, so the file cannot be named in a signature. Rename it, or remove it.", entry.FullName);
            }

            if (entry is DirectoryInfo inner) Collect(inner, $"{prefix}{entry.Name}/", names);
            else if (FileSystem.IsPipe(entry.FullName)) throw new CheckpointException("MG0265", $"'{entry.FullName}' is a named pipe, not a file, and has no content to digest. Remove it.", entry.FullName);
            else names.Add(prefix + entry.Name);
        }
    }
}
