using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using ModelGuard.Diagnostics;

namespace ModelGuard.Policies;

/// <summary>
/// Reads prompts from files that a policy names: one prompt a line; empty lines and lines that begin with <c>#</c> are left out. A policy may
/// be somebody else's, and prompts end in reports: so a file must lie below the policy's folder, also after links, unless the user allows more.
/// </summary>
/// <param name="policyPath">The policy.</param>
/// <param name="allowOutside">Whether files may lie elsewhere.</param>
/// <param name="diagnostics">Takes what is found.</param>
internal sealed class PromptFiles(string policyPath, bool allowOutside, PolicyDiagnostics diagnostics)
{
    private const int MaximumBytes = 1_000_000;
    private readonly SortedDictionary<string, byte[]> read = new(StringComparer.Ordinal);

    /// <summary>Full names of the files that were read.</summary>
    public ImmutableArray<string> Paths => [.. read.Keys];

    /// <summary>Prompts with their places: the list of a key, or the lines of the file that stands there instead.</summary>
    public ImmutableArray<(string Value, SourceLocation Location)> Read(MappingReader reader, bool required = false)
    {
        if (reader.Find("prompts") is not YamlMapping) return [.. reader.Texts("prompts", required).Select(t => (t.Value, diagnostics.Locate(t.Node)))];
        var section = reader.Section("prompts")!;
        var name = section.Text("file", required: true);
        section.Complete();
        return name is null ? [] : ReadFile(name, section.Find("file")!);
    }

    /// <summary>The digest of a policy with the files that it names; of its own bytes when it names none.</summary>
    /// <param name="own">SHA-256 of the policy's bytes, in lower-case hex.</param>
    public string Digest(string own)
    {
        if (read.Count == 0) return own;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Convert.FromHexString(own));
        foreach (var content in read.Values) hash.AppendData(SHA256.HashData(content));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The prompts of a file with their places; none, with an error, where it cannot be read.</summary>
    /// <param name="name">The file, as the policy names it.</param>
    /// <param name="node">Where it does.</param>
    public ImmutableArray<(string Value, SourceLocation Location)> ReadFile(string name, YamlNode node)
    {
        var root = Path.GetDirectoryName(Path.GetFullPath(policyPath))!;
        var path = Path.GetFullPath(name, root);
        if (!allowOutside && !IsBelow(root, path)) return Refuse("MG0138", $"The prompt file '{name}' lies outside of the policy's folder. Put it below that folder, or pass --allow-outside.");
        if (!File.Exists(path)) return Refuse("MG0140", $"The prompt file '{name}' does not exist. It is looked for at '{path}'.");
        if (!allowOutside && !IsBelow(Resolve(root), Resolve(path))) return Refuse("MG0138", $"The prompt file '{name}' is reached by a link that leads out of the policy's folder. Put the file itself there, or pass --allow-outside.");
        var length = new FileInfo(path).Length;
        if (length > MaximumBytes) return Refuse("MG0140", FormattableString.Invariant($"The prompt file '{name}' has {length} bytes; the limit is {MaximumBytes}. Split it."));
        var bytes = File.ReadAllBytes(path);
        read[path] = bytes;
        try
        {
            ImmutableArray<(string Value, SourceLocation Location)> prompts =
            [
                .. new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes).TrimStart('\uFEFF').Split('\n')
                    .Select((line, i) => (line.Trim(), new SourceLocation(path, i + 1, 1))).Where(l => l.Item1.Length > 0 && l.Item1[0] != '#'),
            ];
            return prompts.IsEmpty ? Refuse("MG0140", $"The prompt file '{name}' holds no prompt. Write one a line, or remove the reference.") : prompts;
        }
        catch (DecoderFallbackException)
        {
            return Refuse("MG0140", $"The prompt file '{name}' is no valid UTF-8 text. Save it as UTF-8.");
        }

        ImmutableArray<(string Value, SourceLocation Location)> Refuse(string code, string message)
        {
            diagnostics.Error(code, node, message);
            return [];
        }
    }

    private static bool IsBelow(string folder, string path) => path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>Where a path really lies: every part that is a link is followed.</summary>
    private static string Resolve(string path)
    {
        var resolved = Path.GetPathRoot(path)!;
        foreach (var part in path[resolved.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(resolved, part);
            // A folder's link and a file's are the same to the system.
            resolved = new FileInfo(next).ResolveLinkTarget(returnFinalTarget: true)?.FullName is { } target ? Resolve(target) : next;
        }

        return resolved;
    }
}
