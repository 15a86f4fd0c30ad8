using ModelGuard.Checkpoints;
using ModelGuard.Deltas;
using ModelGuard.Editing;
using ModelGuard.Policies;
using ModelGuard.Reports;
using ModelGuard.Tests.Editing;

namespace ModelGuard.Tests.Deltas;

/// <summary>Edits a checkpoint and writes the delta, as the command does.</summary>
internal static class SomeDelta
{
    public static readonly string PolicyDigest = new('a', 64);

    /// <summary>One name in one sentence and its last token alone: a change of rank one in each layer.</summary>
    public static Policy LowRank(params ReadOnlySpan<int> layers) => SomeEdit.Policy(SomeEdit.LastSubject(0.01) with { Layers = [.. layers] }, [SomeEdit.Concept("van gogh", "dog")]) with { Digest = PolicyDigest };

    /// <summary>All positions of many sentences.</summary>
    public static Policy FullRank(params ReadOnlySpan<int> layers) => LowRank(layers) with { Edit = LowRank(layers).Edit with { Tokens = TokenSelection.SubjectToEnd, Templates = EditSection.DefaultTemplates } };

    /// <summary>Publishes the edited checkpoint with its report and writes the delta; gives the report that the delta holds.</summary>
    public static string Edit(Checkpoint checkpoint, Policy policy, string output, string delta, string? variant = null)
    {
        var text = "";
        EditedCheckpoint.Publish(checkpoint, () => SomeEdit.Solve(checkpoint, policy), output, Options, edited =>
        {
            var report = new EditReport
            {
                ToolVersion = "1.2.3",
                Policy = new PolicyReference("policy.yaml", policy.Digest),
                Base = new ModelReference("base", edited.BaseDigest),
                Model = new ModelReference("out", edited.Digest),
                Environment = new ComputeEnvironment("2", "cpu", 1, null),
                Edit = policy.Edit,
                Edits = edited.Edits,
                LeftOut = edited.LeftOut,
            };
            text = System.Text.Encoding.UTF8.GetString(ReportJson.Write(report));
            File.WriteAllText(Path.Combine(edited.Path, EditReport.FileName), text);
            DeltaWriter.Write(delta, checkpoint, edited, new DeltaOrigin("1.2.3", "sha256:" + policy.Digest, variant, text));
        });
        return text;
    }

    public static PublishOptions Options { get; } = new(LinkRule.FollowInside, DigestCache.None);

    /// <summary>Names and contents of all files below a folder.</summary>
    public static Dictionary<string, string> Contents(string root) => Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
        .ToDictionary(f => Path.GetRelativePath(root, f), f => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f))), StringComparer.Ordinal);
}
