using ModelGuard.Rendering;

namespace ModelGuard.Cli.GitHub;

/// <summary>Files that anybody may have made.</summary>
internal static class UntrustedFile
{
    /// <summary>A file's bytes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">The most bytes that are of use: one more than these is the most that is read.</param>
    /// <exception cref="ReportException">MG1401: no regular file.</exception>
    public static byte[] Read(string path, int longest)
    {
        using var file = File.OpenRead(path);
        // A pipe or a device never ends.
        if (!file.CanSeek) throw new ReportException("MG1401", $"'{path}' is no regular file. Take the report that the tool wrote.");
        var bytes = new byte[Math.Min(file.Length, longest + 1L)];
        file.ReadExactly(bytes);
        return bytes;
    }
}
