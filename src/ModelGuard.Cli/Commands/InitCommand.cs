using System.CommandLine;
using System.Text;
using System.Text.Json;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Starting;
using ModelGuard.Policies;
using ModelGuard.Policies.Starter;

namespace ModelGuard.Cli.Commands;

/// <summary><c>init</c>: writes a first policy for a model, and the schema beside it, without loading weights or LibTorch.</summary>
internal static class InitCommand
{
    public static Command Create(CommonOptions options)
    {
        var model = new Argument<string>("MODEL") { Description = "A diffusers folder, or a single-file checkpoint." };
        var target = new Option<string>("--output", "-o") { Description = "Where the policy goes.", DefaultValueFactory = _ => "modelguard.yaml" };
        var scorer = new Option<string?>("--scorer") { Description = "The CLIP folder that judges pictures; when left out, the only one beside the model, if there is one." };
        var force = new Option<bool>("--force") { Description = "Replace a policy that is there already, and the schema beside it." };
        var command = new ToolCommand("init", "Looks at a model and writes a first policy for it, with comments and examples.", "modelguard init models/base", "modelguard init models/base --scorer models/clip --output policies/first.yaml") { model, target, scorer, options.Components, options.Variant, force };
        command.Runs(options, (parse, output, _) =>
        {
            var policy = Path.GetFullPath(parse.GetRequiredValue(target));
            if (Path.Exists(policy) && !parse.GetValue(force)) throw new CheckpointException("MG0260", $"'{policy}' is there already and is not replaced. Name another file with --output, or add --force.", policy);
            var checkpoint = CheckpointOpening.Open(parse.GetRequiredValue(model), options.CreateCheckpointOptions(parse), output);
            var facts = StarterModel.Of(checkpoint);
            var judge = parse.GetValue(scorer) is { } named ? ScorerFolders.Require(named) : ScorerFolders.Beside(checkpoint.Path);
            var places = PolicyPlaces.Of(policy, checkpoint.Path, judge) with { Components = PolicyPlaces.Relative(policy, parse.GetValue(options.Components)), Variant = parse.GetValue(options.Variant) };
            // Before the policy that names it.
            var hasSchema = WriteSchema(Path.Combine(Path.GetDirectoryName(policy)!, PolicySchema.FileName), parse.GetValue(force), output);
            AtomicFile.Write(policy, Encoding.UTF8.GetBytes(StarterPolicy.Write(facts, places)));
            if (output.Json) output.Standard.WriteLine(JsonSerializer.Serialize(InitResult.Of(policy, hasSchema, facts, places), InitJson.Default.InitResult));
            else Describe(policy, facts, places, output);
            return ExitCodes.Success;
        });
        return command;
    }

    /// <summary>Whether this version's schema stands there in the end.</summary>
    private static bool WriteSchema(string path, bool isForced, Terminal.Output output)
    {
        if (File.Exists(path) && !isForced)
        {
            if (File.ReadAllBytes(path).AsSpan().SequenceEqual(PolicySchema.Utf8.Span)) return true;
            output.Say($"'{path}' is there already with another content and was left as it is; 'modelguard schema --output FILE' writes the one of this version.");
            return false;
        }

        AtomicFile.Write(path, PolicySchema.Utf8.Span);
        return true;
    }

    private static void Describe(string policy, StarterModel model, StarterPlaces places, Terminal.Output output)
    {
        output.Say($"Wrote '{policy}' for {model.Family.Description}. Its concepts are examples; put yours in their place, then run 'modelguard check'.");
        if (places.Scorer is null) output.Say("No scorer was found: before the first audit, name a CLIP folder under 'scorer' in the policy.");
    }
}
