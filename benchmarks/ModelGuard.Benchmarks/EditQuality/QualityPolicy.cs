using System.Collections.Immutable;
using ModelGuard.Diagnostics;
using ModelGuard.Policies;

namespace ModelGuard.Benchmarks.EditQuality;

/// <summary>The policy that removes some classes of the sample and preserves all others.</summary>
internal static class QualityPolicy
{
    // Prompts of each preserved class whose drift is measured.
    private const int Watched = 3;
    private static readonly SourceLocation Nowhere = new("edit-quality", 1, 1);

    public static Policy Of(EditSection settings, ImmutableArray<ShapeClass> removed) => new()
    {
        Path = "edit-quality",
        Digest = "",
        Model = new ModelSection("base", null, "output", Nowhere),
        Scorer = "scorer",
        Edit = settings,
        Generation = new GenerationSection("ddim", 12, 7, 8),
        Concepts = [.. removed.Select((c, i) => Concept(i, c.Kind, [c.Name], ShapeWorld.Target(c)) with { From = c.Kind == AttributeKind.Fact ? ShapeWorld.Look(c) : null })],
        Preserve = [.. ShapeWorld.Classes.Except(removed).Select(c => new PreservedConcept(c.Name, c.Kind, [.. ShapeWorld.Prompts(c).Take(Watched)], [], Nowhere))],
        Gates = [],
        FailOn = Severity.Medium,
        Waivers = [],
    };

    /// <summary>A concept of a policy.</summary>
    public static Concept Concept(int number, AttributeKind kind, ImmutableArray<string> match, string target) => new()
    {
        Id = $"concept-{number}",
        Action = kind == AttributeKind.Fact ? ConceptAction.Update : ConceptAction.Remove,
        Attribute = kind,
        Match = match,
        Target = target,
        Prompts = [],
        Distractors = [],
        Severity = Severity.High,
        Location = Nowhere,
    };
}
