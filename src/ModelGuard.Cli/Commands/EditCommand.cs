using System.CommandLine;
using System.Text;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Workflows;

namespace ModelGuard.Cli.Commands;

/// <summary><c>edit</c>: base checkpoint and policy → edited checkpoint folder.</summary>
internal static class EditCommand
{
    public static Command Create(CommonOptions options)
    {
        var force = new Option<bool>("--force") { Description = "Solve again even if the output is up to date." };
        var delta = new Option<string?>("--delta") { Description = "A file for the change alone, with which 'apply' makes the edited checkpoint from the base and 'revert' the base from it." };
        var method = SerializationOptions.CreateMethod(FormattableString.Invariant($"What the report's root digests are over: files as a whole, or shards of {ShardSizes.OfEdits} bytes, of which only edited ones are digested; files when left out, or what the report of an up-to-date output is over."));
        var stamp = new Option<string?>("--stamp") { Description = "A file that is written last and notes where base, scorer and output are; for build systems." };
        var command = new ToolCommand("edit", "Edits the base checkpoint as the policy says.", "modelguard edit policies/shapes.yaml", "modelguard edit policy.yaml --delta change.safetensors") { options.Policy, options.Model, options.Output, delta, method, force, stamp, options.AllowOutside, options.Threads };
        command.Runs(options, (parse, output, cancellation) =>
        {
            var policy = PolicyLoading.Load(parse.GetRequiredValue(options.Policy), output, options.Links(parse));
            Create(parse, options, policy, output, parse.GetValue(delta), SerializationOptions.AsksForShards(parse.GetValue(method))).Run(parse.GetValue(force), cancellation);
            // The components folder is a part of the base, and prompt files are read with it.
            var components = string.Concat(policy.PromptFiles.Prepend(policy.Model.Components is { } folder ? policy.Resolve(folder) : null).OfType<string>().Select(p => $"base={p}\n"));
            if (parse.GetValue(stamp) is { } path) AtomicFile.Write(path, Encoding.UTF8.GetBytes($"output={OutputPath(parse, options, policy)}\nbase={BasePath(parse, options, policy)}\n{components}scorer={policy.Resolve(policy.Scorer)}\n"));
            return ExitCodes.Success;
        });
        return command;
    }

    /// <summary>The workflow with the command line's paths, or the policy's.</summary>
    public static EditWorkflow Create(ParseResult parse, CommonOptions options, Policies.Policy policy, Terminal.Output output, string? deltaPath = null, bool? asksForShards = null) => new(
        policy,
        BasePath(parse, options, policy),
        OutputPath(parse, options, policy),
        options.Links(parse),
        output,
        TimeProvider.System)
    {
        DeltaPath = deltaPath is null ? null : Path.GetFullPath(deltaPath),
        AsksForShards = asksForShards,
        Threads = parse.GetValue(options.Threads),
    };

    private static string BasePath(ParseResult parse, CommonOptions options, Policies.Policy policy) =>
        Path.GetFullPath(parse.GetValue(options.Model) ?? policy.Resolve(policy.Model.Base));

    /// <summary>Where the edited checkpoint goes.</summary>
    public static string OutputPath(ParseResult parse, CommonOptions options, Policies.Policy policy) =>
        Path.GetFullPath(parse.GetValue(options.Output) ?? policy.Resolve(policy.Model.Output));
}
