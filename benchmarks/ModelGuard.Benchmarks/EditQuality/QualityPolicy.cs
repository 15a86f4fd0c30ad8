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
        Concepts = [.. removed.Select((c, i) => new Concept
        {
            Id = $"concept-{i}",
            Action = c.Kind == AttributeKind.Fact ? ConceptAction.Update : ConceptAction.Remove,
            Attribute = c.Kind,
            Match = [c.Name],
            Target = ShapeWorld.Target(c),
            From = c.Kind == AttributeKind.Fact ? ShapeWorld.Look(c) : null,
            Prompts = [],
            Distractors = [],
            Severity = Severity.High,
            Location = Nowhere,
        })],
        Preserve = [.. ShapeWorld.Classes.Except(removed).Select(c => new PreservedConcept(c.Name, c.Kind, [.. ShapeWorld.Prompts(c).Take(Watched)], [], Nowhere))],
        Gates = [],
        FailOn = Severity.Medium,
        Waivers = [],
    };
}
