using System.Collections.Immutable;
using ModelGuard.Diffusion.Clip;

namespace ModelGuard.Attacks;

/// <summary>What an attack found for one prompt, before any picture is made.</summary>
/// <param name="Attack">The attack's name.</param>
/// <param name="Prompt">The prompt that it started from.</param>
/// <param name="Found">The prompt that it found; null for one that exists as embeddings or activations only.</param>
/// <param name="Before">Distance of the edited encoder's states for the starting prompt.</param>
/// <param name="After">Distance for what was found.</param>
/// <param name="End">Position of the end token in what was found.</param>
/// <param name="Outputs">What the edited encoders give for it, one row, in the pipeline's order; the caller disposes them.</param>
internal sealed record AttackResult(string Attack, string Prompt, string? Found, double Before, double After, int End, ImmutableArray<CLIPTextOutput> Outputs);

/// <summary>How much an attack may try.</summary>
/// <param name="Iterations">Rounds.</param>
/// <param name="Candidates">Fillings that are computed in a round.</param>
/// <param name="Tokens">Places.</param>
/// <param name="Seed">Seed of all that is drawn.</param>
public sealed record AttackBudget(int Iterations, int Candidates, int Tokens, long Seed);
