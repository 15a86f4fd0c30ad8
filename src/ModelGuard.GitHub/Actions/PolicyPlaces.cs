using ModelGuard.Rendering.Reading;

namespace ModelGuard.GitHub.Actions;

/// <summary>Where the policy of a report lies in the repository. A report holds the policy's file name alone, so somebody who is trusted must name the folder.</summary>
public sealed class PolicyPlaces
{
    private readonly string? path;

    private PolicyPlaces(string? path) => this.path = path;

    /// <summary>Places in a policy.</summary>
    /// <param name="policy">The policy, relative to <paramref name="folder"/> or absolute; null where nobody names it.</param>
    /// <param name="workspace">The repository's root on this machine; null where there is none.</param>
    /// <param name="folder">The current folder.</param>
    public static PolicyPlaces Create(string? policy, string? workspace, string folder)
    {
        if (policy is null) return new PolicyPlaces(null);
        var relative = (workspace is null ? policy : Path.GetRelativePath(workspace, Path.GetFullPath(policy, folder))).Replace('\\', '/');
        // Outside the repository GitHub has no file to write beside.
        return new PolicyPlaces(Path.IsPathRooted(relative) || relative.Split('/').Any(p => p is "" or "." or "..") ? null : relative);
    }

    /// <summary>The place of a gate's concept.</summary>
    /// <returns>The place, or null where the policy is unknown or another one than the report names: an annotation without a place is better than one at a wrong file.</returns>
    public AnnotationPlace? Find(LocationView location) => path is not null && Path.GetFileName(path) == location.File ? new AnnotationPlace(path, location.Line, location.Column) : null;
}
