using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace ModelGuard.MSBuild;

/// <summary>Reads what earlier edits left in their stamps: where base, scorer and edited folder are, which only the policy knows.</summary>
[MSBuildMultiThreadableTask]
public sealed class ModelGuardReadStamps : Microsoft.Build.Utilities.Task
{
    /// <summary>Policies with the metadata <c>Stamp</c>.</summary>
    [Required]
#pragma warning disable CA1819 // MSBuild binds arrays only.
    public ITaskItem[] Policies { get; set; } = [];

    /// <summary>
    /// The same with the metadata <c>BaseFiles</c>, <c>ScorerFiles</c> (lists), <c>EditedFolder</c> and <c>EditedReport</c>, where a stamp has
    /// them. A stamp whose edited folder is gone has the metadata <c>StaleStamp</c>, its path, instead.
    /// </summary>
    [Output]
    public ITaskItem[] Known { get; set; } = [];
#pragma warning restore CA1819

    /// <inheritdoc />
    public override bool Execute()
    {
        Known = [.. Policies.Select(Read)];
        return true;
    }

    private static TaskItem Read(ITaskItem policy)
    {
        var item = new TaskItem(policy);
        var path = policy.GetMetadata("Stamp");
        if (Stamp.Read(path) is { Holds: true } stamp)
        {
            item.SetMetadata("BaseFiles", string.Join(";", stamp.BaseFiles.Select(Escaping.Escape)));
            item.SetMetadata("ScorerFiles", string.Join(";", stamp.ScorerFiles.Select(Escaping.Escape)));
            item.SetMetadata("EditedFolder", Escaping.Escape(stamp.EditedFolder));
            item.SetMetadata("EditedReport", Escaping.Escape(Path.Combine(stamp.EditedFolder, Stamp.ReportName)));
        }
        else if (File.Exists(path))
        {
            item.SetMetadata("StaleStamp", Escaping.Escape(path));
        }

        return item;
    }
}
