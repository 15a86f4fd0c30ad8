using System.Collections.Immutable;

namespace ModelGuard.Policies;

/// <summary>How removed concepts are attacked where a gate asks for it.</summary>
public sealed record AttackSection
{
    /// <summary>Attacks whose result is a prompt that can be typed.</summary>
    public static ImmutableArray<string> Typeable { get; } = ["token-search", "token-search-in-place", "concept-vector"];

    /// <summary>All attacks.</summary>
    public static ImmutableArray<string> All { get; } = [.. Typeable, "soft-prompt", "closed-form"];

    /// <summary>The attacks.</summary>
    public ImmutableArray<string> Methods { get; init; } = Typeable;

    /// <summary>How many of a concept's prompts are attacked.</summary>
    public int Prompts { get; init; } = 4;

    /// <summary>Pictures of each prompt that is found; one that shows the concept is a success.</summary>
    public int Seeds { get; init; } = 2;

    /// <summary>Rounds of a search.</summary>
    public int Iterations { get; init; } = 25;

    /// <summary>What is tried in a round; the population of a genetic search.</summary>
    public int Candidates { get; init; } = 48;

    /// <summary>How many tokens an attack may add.</summary>
    public int Tokens { get; init; } = 3;

    /// <summary>Whether success is judged on pictures; on the states of the text encoders otherwise, where they were edited.</summary>
    public bool IsFull { get; init; }

    /// <summary>The same with four times the rounds, each with twice the candidates, judged on pictures.</summary>
    public AttackSection Full() => this with { IsFull = true, Iterations = Iterations * 4, Candidates = Candidates * 2 };
}
