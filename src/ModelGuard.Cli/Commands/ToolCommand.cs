using System.Collections.Immutable;
using System.CommandLine;

namespace ModelGuard.Cli.Commands;

/// <summary>A command with examples, which its help shows.</summary>
/// <param name="name">The command.</param>
/// <param name="description">What it does.</param>
/// <param name="examples">Whole command lines.</param>
internal sealed class ToolCommand(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Whole command lines, the plainest first.</summary>
    public ImmutableArray<string> Examples { get; } = [.. examples];
}
