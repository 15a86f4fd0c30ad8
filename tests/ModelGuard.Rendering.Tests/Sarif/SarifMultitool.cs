namespace ModelGuard.Rendering.Tests.Sarif;

/// <summary>The validator of the SARIF SDK, where <c>eng/tools</c> was restored with npm.</summary>
internal static class SarifMultitool
{
    public const string WhyAbsent = "The SARIF multitool is not restored: run 'npm ci' in eng/tools (Linux).";

    public static string? Find() => Path.Combine(RepositoryPaths.Root, "eng", "tools", "node_modules", "@microsoft", "sarif-multitool-linux", "Sarif.Multitool") is var path && File.Exists(path) ? path : null;
}
