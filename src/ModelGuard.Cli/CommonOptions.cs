using System.CommandLine;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Terminal;

namespace ModelGuard.Cli;

/// <summary>Options and arguments that several commands share.</summary>
internal sealed class CommonOptions
{
    public Argument<string> Policy { get; } = new("POLICY") { Description = "The policy file.", DefaultValueFactory = _ => "modelguard.yaml" };

    public Option<string?> Model { get; } = new("--model") { Description = "The checkpoint folder, instead of the policy's." };

    public Option<string?> Output { get; } = new("--output", "-o") { Description = "Where the edited checkpoint goes, instead of the policy's 'model.output'." };

    public Option<string?> Components { get; } = new("--components") { Description = "A diffusers folder with the configs and tokenizers that a single file lacks." };

    public Option<string?> Variant { get; } = new("--variant") { Description = "Which variant of a folder's weights is read, for example fp16; the default ones when left out." };

    public Option<string> Device { get; } = new("--device") { Description = "Where to compute: cpu, cuda or cuda:n.", DefaultValueFactory = _ => "cpu" };

    public Option<string> Dtype { get; } = new("--dtype") { Description = "The type to make pictures in: float32, or bfloat16 where the processor has instructions for it (about twice as fast, and rounded to three digits).", DefaultValueFactory = _ => "float32" };

    public Option<int?> Threads { get; } = new("--threads") { Description = "Number of threads; all cores when left out.", CustomParser = r => Numbers.Parse<int>(r) };

    public Option<bool> AllowOutside { get; } = new("--allow-outside") { Description = "Follow symbolic links that lead out of a checkpoint." };

    public Option<bool> Json { get; } = new("--json") { Description = "Machine-readable output on standard output." };

    public Option<Verbosity> Verbosity { get; } = new("--verbosity", "-v") { Description = "How much is said: quiet, minimal, normal or detailed.", DefaultValueFactory = _ => Terminal.Verbosity.Normal };

    public CommonOptions()
    {
        Dtype.AcceptOnlyFromAmong("float32", "bfloat16");
        Verbosity.AcceptOnlyFromAmong("quiet", "minimal", "normal", "detailed");
        // A misspelt option would be read as the policy's name otherwise.
        Policy.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: ['-', ..] name }]) result.AddError($"'{name}' is no option of this command. A policy of that name is './{name}'.");
        });
    }

    public LinkRule Links(ParseResult parse) => parse.GetValue(AllowOutside) ? LinkRule.Follow : LinkRule.FollowInside;

    public CheckpointOptions CreateCheckpointOptions(ParseResult parse) => new() { Companion = parse.GetValue(Components), Variant = parse.GetValue(Variant) };

    public Output CreateOutput(ParseResult parse) => new(parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error, parse.GetValue(Verbosity), parse.GetValue(Json));
}
