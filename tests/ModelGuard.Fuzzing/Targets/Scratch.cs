using ModelGuard.Fuzzing.Containers;

namespace ModelGuard.Fuzzing.Targets;

/// <summary>Puts inputs where readers of files look for them.</summary>
internal static class Scratch
{
    private static readonly FolderParts Folder = new();

    /// <summary>Writes one file, and gives its path.</summary>
    public static string Write(string scratch, string name, ReadOnlyMemory<byte> content)
    {
        var path = Path.Combine(scratch, name);
        File.WriteAllBytes(path, content.Span);
        return path;
    }

    /// <summary>Writes the files of an input into an empty folder, and gives its path.</summary>
    public static string WriteFolder(string scratch, ReadOnlyMemory<byte> input)
    {
        var root = Path.Combine(scratch, "input");
        if (Directory.Exists(root)) Directory.Delete(root, recursive: true);
        Directory.CreateDirectory(root);
        foreach (var (name, content) in Folder.Files(input.ToArray()))
        {
            var path = Path.Combine(root, name);
            // A name may be that of a file and that of a folder; the first one counts.
            if (Directory.Exists(path) || Ancestors(name).Any(a => File.Exists(Path.Combine(root, a)))) continue;
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }

        return root;
    }

    private static IEnumerable<string> Ancestors(string name)
    {
        for (var at = name.IndexOf('/', StringComparison.Ordinal); at >= 0; at = name.IndexOf('/', at + 1)) yield return name[..at];
    }
}
