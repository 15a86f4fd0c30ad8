using System.CommandLine;
using ModelGuard.Cli.Workflows;

namespace ModelGuard.Cli.Commands;

/// <summary><c>merge</c>: shard reports → one report. Computes nothing, so it needs no LibTorch and does not load it.</summary>
internal static class MergeCommand
{
    public static Command Create(CommonOptions options)
    {
        var shards = new Argument<string[]>("SHARD") { Description = "The reports of all shards of an audit, in any order.", Arity = ArgumentArity.OneOrMore };
        var policy = new Option<string>("--policy") { Description = "The policy that the shards were made under.", DefaultValueFactory = _ => "modelguard.yaml" };
        var report = new Option<string?>("--report") { Description = "Where the report goes; nowhere when left out." };
        var baseline = new Option<string?>("--write-baseline") { Description = "A file for what was measured, picture by picture; gates of later audits can name it as their 'baseline'." };
        var attack = new AttackOptions();
        var command = new ToolCommand("merge", "Puts the shards of an audit together and judges them.", "modelguard merge shard-1.json shard-2.json --policy policies/shapes.yaml") { shards, policy, report, baseline, attack.Scale, attack.Probes, options.AllowOutside };
        command.Runs(options, (parse, output, _) => new MergeWorkflow(attack.Apply(PolicyLoading.Load(parse.GetRequiredValue(policy), output, options.Links(parse)), parse), output, TimeProvider.System) { BaselinePath = AuditCommand.FullPath(parse.GetValue(baseline)), ProbesPath = AuditCommand.FullPath(parse.GetValue(attack.Probes)) }.Run(parse.GetRequiredValue(shards), parse.GetValue(report)));
        return command;
    }
}
