using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace ModelGuard.MSBuild;

/// <summary>Lists the files of edited checkpoints that a project copies to its output, publishes or packs.</summary>
[MSBuildMultiThreadableTask]
public sealed class ModelGuardListFiles : Microsoft.Build.Utilities.Task
{
    private const string Copy = "CopyToOutputDirectory", Publish = "CopyToPublishDirectory", Pack = "Pack", PackagePath = "PackagePath";

    /// <summary>Policies with the metadata <c>Stamp</c>, <c>CopyToOutputDirectory</c>, <c>CopyToPublishDirectory</c>, <c>Pack</c> and <c>PackagePath</c>.</summary>
    [Required]
#pragma warning disable CA1819 // MSBuild binds arrays only.
    public ITaskItem[] Policies { get; set; } = [];

    /// <summary>Items of the project that came from wildcards, some of which may match files of edited checkpoints.</summary>
    public ITaskItem[] Content { get; set; } = [];

    /// <summary>The files, with the metadata of their policy and <c>Link</c>, their place in the output: the edited folder's name and the path below it.</summary>
    [Output]
    public ITaskItem[] Files { get; set; } = [];

    /// <summary>Those of <see cref="Content"/> that are files of edited checkpoints: they are in the output only if a policy says so.</summary>
    [Output]
    public ITaskItem[] Inside { get; set; } = [];
#pragma warning restore CA1819

    /// <inheritdoc />
    public override bool Execute()
    {
        var edited = Policies.Select(policy => (policy, Stamp: Stamp.Read(policy.GetMetadata("Stamp")))).Where(p => p.Stamp is { Holds: true }).ToArray();
        Files = [.. edited.Where(p => IsWanted(p.policy)).SelectMany(p => List(p.policy, p.Stamp!.EditedFolder))];
        Inside = [.. Content.Where(item => edited.Any(p => IsBelow(item.GetMetadata("FullPath"), p.Stamp!.EditedFolder)))];
        return true;
    }

    private static bool IsWanted(ITaskItem policy) =>
        IsCopied(policy.GetMetadata(Copy)) || IsCopied(policy.GetMetadata(Publish)) || string.Equals(policy.GetMetadata(Pack), "true", StringComparison.OrdinalIgnoreCase);

    private static bool IsCopied(string value) => value.Length > 0 && !string.Equals(value, "Never", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<TaskItem> List(ITaskItem policy, string folder)
    {
        var name = Path.GetFileName(folder.TrimEnd(Path.DirectorySeparatorChar));
        foreach (var file in Stamp.FilesBelow(folder))
        {
            var below = file.Substring(folder.Length).TrimStart(Path.DirectorySeparatorChar);
            var item = new TaskItem(Escaping.Escape(file));
            foreach (var metadata in new[] { Copy, Publish, Pack }.Where(m => policy.GetMetadata(m).Length > 0)) item.SetMetadata(metadata, policy.GetMetadata(metadata));
            item.SetMetadata("Link", Escaping.Escape(Path.Combine(name, below)));
            // With a separator at its end it is a folder, whatever the file is called.
            var place = policy.GetMetadata(PackagePath) is { Length: > 0 } path ? path : "models/" + name;
            item.SetMetadata(PackagePath, Escaping.Escape(string.Join("/", [place.TrimEnd('/', '\\'), .. below.Split(Path.DirectorySeparatorChar).Reverse().Skip(1).Reverse(), ""])));
            yield return item;
        }
    }

    private static bool IsBelow(string path, string folder) =>
        path.StartsWith(folder.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
