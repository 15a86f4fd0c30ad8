namespace ModelGuard.Testing;

/// <summary>Places in the repository, found from the test's own folder upwards.</summary>
public static class RepositoryPaths
{
    public static string Root { get; } = FindRoot();

    /// <summary>Golden tensors committed with the tests.</summary>
    public static string Golden { get; } = Path.Combine(Root, "tests", "golden");

    /// <summary>Large reference data that lives beside the repository and may be absent.</summary>
    public static string Shared { get; } = Path.GetFullPath(Path.Combine(Root, "..", "shared"));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ModelGuard.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No folder above '{AppContext.BaseDirectory}' holds ModelGuard.sln.");
    }
}
