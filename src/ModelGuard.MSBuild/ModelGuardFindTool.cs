using Microsoft.Build.Framework;

namespace ModelGuard.MSBuild;

/// <summary>
/// Finds the <c>modelguard</c> tool: the property <c>ModelGuardToolPath</c>, else a manifest of local tools that lists it, else the PATH, else
/// the folder of the user's global tools. It is no error that there is none: a build in which nothing has changed needs none.
/// </summary>
[MSBuildMultiThreadableTask]
public sealed class ModelGuardFindTool : Microsoft.Build.Utilities.Task
{
    /// <summary>The command's name, of the tool and in manifests.</summary>
    internal const string CommandName = "modelguard";

    private static readonly string[] FileNames = Path.DirectorySeparatorChar == '\\' ? [CommandName + ".exe", CommandName + ".cmd"] : [CommandName];

    /// <summary>Full path of the project's folder.</summary>
    [Required]
    public string Folder { get; set; } = "";

    /// <summary>What the property <c>ModelGuardToolPath</c> says: an executable or a .dll, relative to the project; empty to search.</summary>
    public string ToolPath { get; set; } = "";

    /// <summary>Full path of the executable or .dll; empty where a manifest lists the tool, or there is none.</summary>
    [Output]
    public string Tool { get; set; } = "";

    /// <summary>Full path of the manifest that lists the tool; empty for none.</summary>
    [Output]
    public string Manifest { get; set; } = "";

    /// <inheritdoc />
    public override bool Execute()
    {
        if (ToolPath.Length > 0) Tool = Path.GetFullPath(Path.Combine(Folder, ToolPath));
        else if (ToolManifest.Find(Folder, CommandName) is { } manifest) Manifest = manifest;
        else Tool = Search() ?? "";
        return true;
    }

    private static string? Search()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Append(home.Length > 0 ? Path.Combine(home, ".dotnet", "tools") : "")
            // An entry of the PATH may be anything.
            .Where(folder => folder.Length > 0 && folder.IndexOfAny(Path.GetInvalidPathChars()) < 0 && Path.IsPathRooted(folder))
            .SelectMany(folder => FileNames.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
    }
}
