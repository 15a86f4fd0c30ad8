using System.CommandLine;
using ModelGuard.Policies;

namespace ModelGuard.Cli.Commands;

/// <summary>Options of commands that judge attacks.</summary>
internal sealed class AttackOptions
{
    private const string Quick = "quick";
    private const string Full = "full";

    /// <summary>How thoroughly concepts are attacked.</summary>
    public Option<string> Scale { get; } = Create();

    /// <summary>Where prompts go that attacks found.</summary>
    public Option<string?> Probes { get; } = new("--write-probes") { Description = "A folder for the prompts that attacks found, a file for each concept, which its 'probes' can name." };

    /// <summary>The policy with the scale that was asked for.</summary>
    public Policy Apply(Policy policy, ParseResult parse) => parse.GetValue(Scale) == Full ? policy with { Attack = policy.Attack.Full() } : policy;

    private static Option<string> Create()
    {
        var option = new Option<string>("--attack") { Description = "How attacks of a gate 'attack-success-rate' are judged: 'quick', on the states of text encoders, or 'full', on pictures and with a larger budget.", DefaultValueFactory = _ => Quick };
        option.AcceptOnlyFromAmong(Quick, Full);
        return option;
    }
}
