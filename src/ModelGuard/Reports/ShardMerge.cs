using System.Collections.Immutable;
using ModelGuard.Auditing;
using ModelGuard.Policies;

namespace ModelGuard.Reports;

/// <summary>A shard's report with the name of its file.</summary>
/// <param name="Name">The file, for messages.</param>
/// <param name="Report">What it says.</param>
public sealed record ShardFile(string Name, ShardReport Report);

/// <summary>Puts the shards of one audit together, and refuses a set that is not exactly that.</summary>
public static class ShardMerge
{
    /// <summary>What all shards measured, as one run would have.</summary>
    /// <param name="shards">All shards of one audit, in any order.</param>
    /// <param name="policy">The policy that they were made under.</param>
    /// <exception cref="AuditException">MG1204 for shards that do not belong together or to the policy, MG1205 for a missing one, MG1206 for a doubled one, MG1207 for one that does not hold what its part of the policy asks for.</exception>
    public static ImmutableArray<SubjectMeasurements> Merge(IReadOnlyList<ShardFile> shards, Policy policy)
    {
        var first = shards[0];
        foreach (var shard in shards) RequireSame(first, shard);
        if (first.Report.Origin.Policy.Digest != policy.Digest) throw new AuditException("MG1204", $"'{first.Name}' was made under a policy with the digest sha256:{first.Report.Origin.Policy.Digest}; '{policy.Path}' has sha256:{policy.Digest}. Name the policy of the shards with '--policy', or audit again.");
        RequireEachOnce(shards);
        var plan = AuditPlan.Of(policy, first.Report.Origin.PicturesPerBatch);
        foreach (var shard in shards) RequireResults(shard, [.. plan.Units.Where(shard.Report.Shard.Holds)], policy);
        return plan.Assemble(shards.SelectMany(s => s.Report.Results));
    }

    private static void RequireSame(ShardFile first, ShardFile other)
    {
        foreach (var ((what, one), (_, two)) in Facts(first.Report).Zip(Facts(other.Report)))
        {
            if (one != two) throw new AuditException("MG1204", FormattableString.Invariant($"'{first.Name}' and '{other.Name}' are not shards of one audit: the {what} of the first is {one}, of the second {two}. Merge shards of one audit, made on like machines."));
        }
    }

    private static IEnumerable<(string What, string Value)> Facts(ShardReport report)
    {
        var (origin, environment) = (report.Origin, report.Origin.Environment);
        yield return ("number of shards", FormattableString.Invariant($"{report.Shard.Count}"));
        yield return ("policy", $"'{origin.Policy.Name}' with the digest sha256:{origin.Policy.Digest}");
        yield return ("model", $"'{origin.Model.Name}' with the digest {origin.Model.Digest}");
        yield return ("base", $"'{origin.Base.Name}' with the digest {origin.Base.Digest}");
        yield return ("scorer", origin.ScorerDigest);
        yield return ("version of the tool", origin.ToolVersion);
        yield return ("environment", FormattableString.Invariant($"LibTorch {environment.LibTorch} on {environment.Device} with {environment.Threads} thread(s), {environment.Convolutions} convolutions, {environment.Dtype}"));
        yield return ("number of pictures in a batch", FormattableString.Invariant($"{origin.PicturesPerBatch}"));
    }

    private static void RequireEachOnce(IReadOnlyList<ShardFile> shards)
    {
        foreach (var same in shards.GroupBy(s => s.Report.Shard.Index).Where(g => g.Count() > 1))
        {
            throw new AuditException("MG1206", $"The shard {same.First().Report.Shard} stands in {string.Join(" and ", same.Select(s => $"'{s.Name}'"))}. Name each shard once.");
        }

        var count = shards[0].Report.Shard.Count;
        Shard[] missing = [.. Enumerable.Range(1, count).Except(shards.Select(s => s.Report.Shard.Index)).Select(i => new Shard(i, count))];
        if (missing.Length > 0) throw new AuditException("MG1205", $"The set is not complete: of {count} shards, {string.Join(", ", missing.Select(m => m.ToString()))} {(missing.Length == 1 ? "is" : "are")} missing. Name all of them; 'audit --shard {missing[0]}' makes the first that is missing.");
    }

    private static void RequireResults(ShardFile shard, ImmutableArray<AuditUnit> units, Policy policy)
    {
        var expected = units.ToDictionary(u => u.Digest, StringComparer.Ordinal);
        foreach (var result in shard.Report.Results)
        {
            if (!expected.Remove(result.Unit, out var unit)) throw Refuse("holds a result that is not of its part of the policy, or holds one twice");
            if (!Fits(result, unit, policy)) throw Refuse($"holds a result of '{unit.Subject.Id}' that has other pictures, texts or metrics than the policy asks for");
        }

        if (expected.Count > 0) throw Refuse(FormattableString.Invariant($"lacks {expected.Count} of {units.Length} results, the first of them of '{expected.Values.First().Subject.Id}'"));

        AuditException Refuse(string what) => new("MG1207", $"'{shard.Name}' {what}. It is damaged or was changed; make it again with 'audit --shard {shard.Report.Shard}'.");
    }

    private static bool Fits(UnitResult result, AuditUnit unit, Policy policy) => unit.Metric is null
        ? result.Measured is null && HasShape(result.Edited, unit) && HasShape(result.Baseline, unit) && result.ImageChange.Length == ImageChanges.Count(ImageChanges.Image, unit, policy) && result.PixelChange.Length == ImageChanges.Count(ImageChanges.Pixel, unit, policy)
        : result.Measured?.Metric == unit.Metric && result.Edited.IsEmpty && result.Baseline.IsEmpty;

    private static bool HasShape(ImmutableArray<ImmutableArray<double>> rows, AuditUnit unit) => rows.Length == unit.Items.Length && rows.All(r => r.Length == unit.Subject.Columns.Length);
}
