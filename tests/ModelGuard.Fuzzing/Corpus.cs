using System.Security.Cryptography;
using ModelGuard.Testing;

namespace ModelGuard.Fuzzing;

/// <summary>Inputs that are kept in the repository, <c>tests/fuzz-corpus/TARGET</c>: sound ones to begin with, those that reach other code, and those that once found a defect.</summary>
internal static class Corpus
{
    /// <summary>Where they lie.</summary>
    public static string Root { get; } = Path.Combine(RepositoryPaths.Root, "tests", "fuzz-corpus");

    /// <summary>A target's inputs by name, in the order of their names.</summary>
    public static IReadOnlyList<(string Name, byte[] Content)> Of(string target)
    {
        var folder = Path.Combine(Root, target);
        return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(f => (Path.GetFileName(f), File.ReadAllBytes(f)))] : [];
    }

    /// <summary>Keeps an input, under a name that says why and what it is.</summary>
    /// <param name="target">The target.</param>
    /// <param name="why">For example <c>defect</c>.</param>
    /// <param name="content">The input.</param>
    public static string Keep(string target, string why, ReadOnlySpan<byte> content)
    {
        var path = Path.Combine(Root, target, $"{why}-{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 6))}");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }
}
