using System.Diagnostics.CodeAnalysis;
using ModelGuard.Policies;
using ModelGuard.Policies.Starter;

namespace ModelGuard.Cli.Starting;

/// <summary>The paths of a new policy.</summary>
internal static class PolicyPlaces
{
    /// <summary>Model, edited model and scorer as the policy is to name them.</summary>
    public static StarterPlaces Of(string policy, string model, string? scorer)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(model));
        var name = (File.Exists(full) ? Path.GetFileNameWithoutExtension(full) : Path.GetFileName(full)) + "-governed";
        var output = Path.Combine(Path.GetDirectoryName(policy)!, "artifacts", name);
        // A policy that lies in its model's folder: what an edit writes must lie elsewhere.
        if (output.StartsWith(full + Path.DirectorySeparatorChar, StringComparison.Ordinal)) output = Path.Combine(Path.GetDirectoryName(full) ?? full, name);
        return new StarterPlaces(Relative(policy, full), Relative(policy, output), Relative(policy, scorer), PolicySchema.FileName);
    }

    /// <summary>A path as a policy names it: relative to it, with slashes on every system.</summary>
    [return: NotNullIfNotNull(nameof(path))]
    public static string? Relative(string policy, string? path) => path is null ? null : Path.GetRelativePath(Path.GetDirectoryName(policy)!, Path.GetFullPath(path)).Replace(Path.DirectorySeparatorChar, '/');
}
