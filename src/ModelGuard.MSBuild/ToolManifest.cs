using System.Runtime.Serialization.Json;
using System.Xml;
using System.Xml.Linq;

namespace ModelGuard.MSBuild;

/// <summary>A manifest of local .NET tools, as <c>dotnet new tool-manifest</c> makes it.</summary>
internal static class ToolManifest
{
    private static readonly string[] Names = [Path.Combine(".config", "dotnet-tools.json"), "dotnet-tools.json"];

    /// <summary>
    /// The nearest manifest in a folder or above it that lists a command, as <c>dotnet tool run</c> looks for it; null for none. One that
    /// cannot be read counts as listing it: <c>dotnet tool run</c> says what is wrong with it.
    /// </summary>
    public static string? Find(string folder, string command)
    {
        for (var place = new DirectoryInfo(folder); place is not null; place = place.Parent)
        {
            foreach (var path in Names.Select(name => Path.Combine(place.FullName, name)).Where(File.Exists))
            {
                var (lists, isRoot) = Read(path, command);
                if (lists) return path;
                if (isRoot) return null;
            }
        }

        return null;
    }

    private static (bool Lists, bool IsRoot) Read(string path, string command)
    {
        try
        {
            // The only reader of JSON that every MSBuild has without a package beside the task.
            using var reader = JsonReaderWriterFactory.CreateJsonReader(File.ReadAllBytes(path), XmlDictionaryReaderQuotas.Max);
            var root = XElement.Load(reader);
            var lists = root.Elements("tools").Elements().Elements("commands").Elements().Any(c => string.Equals(c.Value, command, StringComparison.Ordinal));
            return (lists, string.Equals(root.Element("isRoot")?.Value, "true", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is XmlException or IOException or UnauthorizedAccessException)
        {
            return (true, false);
        }
    }
}
