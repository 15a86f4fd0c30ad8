namespace ModelGuard.MSBuild;

/// <summary>Paths in metadata.</summary>
internal static class Escaping
{
    /// <summary>Escapes what MSBuild would read as a list, a wildcard or an expression.</summary>
    public static string Escape(string path) => string.Concat(path.Select(c => "%;*?$@()'".IndexOf(c) < 0 ? c.ToString() : $"%{(int)c:x2}"));
}
