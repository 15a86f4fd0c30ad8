using System.Collections.Immutable;

namespace ModelGuard.Policies;

/// <summary>A node of a policy file with its place.</summary>
internal abstract record YamlNode(int Line, int Column)
{
    public string Kind => this switch
    {
        YamlScalar { IsNull: true } => "nothing",
        YamlScalar => "a single value",
        YamlSequence => "a list",
        _ => "a mapping",
    };
}

/// <summary>Stands for a node that was refused, with an error of its own; nothing more is said about it.</summary>
internal sealed record YamlRefused(int Line, int Column) : YamlNode(Line, Column);

internal sealed record YamlScalar(int Line, int Column, string Value, bool IsQuoted) : YamlNode(Line, Column)
{
    /// <summary>Whether YAML reads it as no value (YAML 1.2.2, 10.3.2); in quotation marks the same word is a text.</summary>
    public bool IsNull => !IsQuoted && (Value is "" or "~" or "null" or "Null" or "NULL");

    /// <summary>Whether YAML reads it as true or false.</summary>
    public bool IsTruth => !IsQuoted && (Value is "true" or "false");

    /// <summary>Its text without white space at both ends; null where nothing is left, or where it is no value.</summary>
    public string? Text => IsNull || Value.Trim() is not { Length: > 0 } text ? null : text;
}

internal sealed record YamlSequence(int Line, int Column, ImmutableArray<YamlNode> Items) : YamlNode(Line, Column);

internal sealed record YamlMapping(int Line, int Column, ImmutableArray<(YamlScalar Key, YamlNode Value)> Entries) : YamlNode(Line, Column);
