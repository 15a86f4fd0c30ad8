using System.CommandLine;
using System.CommandLine.Parsing;
using ModelGuard.Auditing;
using ModelGuard.Cli.Workflows;

namespace ModelGuard.Cli.Commands;

/// <summary><c>audit</c>: generates, scores, judges.</summary>
internal static class AuditCommand
{
    public static Command Create(CommonOptions options)
    {
        var report = new Option<string?>("--report") { Description = "Where the report goes; nowhere when left out." };
        var pictures = new Option<string?>("--pictures") { Description = "A folder for the pictures, which 'modelguard report --format html' shows; nowhere when left out." };
        var shard = new Option<Shard?>("--shard") { Description = "Compute one of several parts, for example 1/4, and judge nothing: 'merge' judges the reports of all parts.", CustomParser = ReadShard };
        var baseline = new Option<string?>("--write-baseline") { Description = "A file for what was measured, picture by picture; gates of later audits can name it as their 'baseline'." };
        var attack = new AttackOptions();
        var command = new ToolCommand("audit", "Generates pictures with a checkpoint, scores them with CLIP and judges them by the policy's gates.", "modelguard audit policies/shapes.yaml", "modelguard audit policy.yaml --shard 1/2 --report shard-1.json", "modelguard audit policy.yaml --report audit.json --pictures pictures") { options.Policy, options.Model, report, pictures, baseline, attack.Scale, attack.Probes, shard, options.Device, options.Dtype, options.AllowOutside, options.Threads };
        command.Validators.Add(result =>
        {
            if (result.GetResult(shard) is null) return;
            if (result.GetResult(report) is null && !result.GetValue(options.Json)) result.AddError("The results of a shard are what 'merge' reads: name a file with '--report', or write them to standard output with '--json'.");
            if (result.GetResult(pictures) is not null) result.AddError("The report of a shard names no pictures: leave '--pictures' out, or audit without '--shard'.");
            if (result.GetResult(attack.Probes) is not null) result.AddError("A shard may hold a part of the attacks only: give '--write-probes' to 'merge'.");
            if (result.GetResult(baseline) is not null) result.AddError("A shard is no whole baseline: give '--write-baseline' to 'merge'.");
        });
        command.Runs(options, (parse, output, cancellation) =>
        {
            Backend.Prepare(parse, options);
            var policy = attack.Apply(PolicyLoading.Load(parse.GetRequiredValue(options.Policy), output, options.Links(parse)), parse);
            var model = Path.GetFullPath(parse.GetValue(options.Model) ?? policy.Resolve(policy.Model.Output));
            return new AuditWorkflow(policy, model, parse.GetRequiredValue(options.Device), parse.GetRequiredValue(options.Dtype), options.Links(parse), output, TimeProvider.System) { PicturesPath = FullPath(parse.GetValue(pictures)), Shard = parse.GetValue(shard), BaselinePath = FullPath(parse.GetValue(baseline)), ProbesPath = FullPath(parse.GetValue(attack.Probes)) }.Run(parse.GetValue(report), cancellation);
        });
        return command;
    }

    /// <summary>A path of the command line.</summary>
    internal static string? FullPath(string? path) => path is null ? null : Path.GetFullPath(path);

    private static Shard? ReadShard(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (Shard.Parse(text) is { } shard) return shard;
        result.AddError(FormattableString.Invariant($"'{text}' is no shard; '--shard' takes one such as 1/4, the first of four, and at most {Shard.Most} of them."));
        return null;
    }
}
