using System.Collections.Immutable;

namespace ModelGuard.Policies;

/// <summary>A node of a policy file with its place.</summary>
internal abstract record YamlNode(int Line, int Column)
{
    public string Kind => this switch
    {
        YamlScalar => "a single value",
        YamlSequence => "a list",
        _ => "a mapping",
    };
}

/// <summary>Stands for a node that was refused, with an error of its own; nothing more is said about it.</summary>
internal sealed record YamlRefused(int Line, int Column) : YamlNode(Line, Column);

internal sealed record YamlScalar(int Line, int Column, string Value, bool IsQuoted) : YamlNode(Line, Column);

internal sealed record YamlSequence(int Line, int Column, ImmutableArray<YamlNode> Items) : YamlNode(Line, Column);

internal sealed record YamlMapping(int Line, int Column, ImmutableArray<(YamlScalar Key, YamlNode Value)> Entries) : YamlNode(Line, Column);
