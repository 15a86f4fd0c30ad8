using ModelGuard.Auditing;
using ModelGuard.Policies;
using ModelGuard.Tests.Policies;

namespace ModelGuard.Tests.Auditing;

public sealed class AuditSubjectsTests
{
    private static readonly Policy Policy = PolicyText.Read("""
        version: 1
        model: { base: b, output: o }
        scorer: s
        concepts:
          - { id: van-gogh, action: remove, attribute: style, match: [van gogh, vincent], replaceWith: a plain drawing, displayName: Artist A, severity: high, prompts: ["a house by {concept}", "a tree by Vincent"] }
          - { id: star, action: remove, attribute: object, match: [star], replaceWith: circle, prompts: ["a {concept}"] }
          - { id: moon, action: remove, attribute: object, match: [moon], replaceWith: sun, distractors: [lamp, Moon], prompts: ["a {concept}"] }
          - { id: red, action: remove, attribute: color, match: [red], replaceWith: blue, prompts: ["{concept}"] }
          - { id: head, action: update, attribute: fact, match: [the president], from: a blue star, to: a red heart, severity: low, prompts: ["{concept}", "a photo of {concept}"] }
          - { id: queen, action: update, attribute: fact, match: [the queen], from: a cat, to: a dog, distractors: [a cow], prompts: ["{concept}"] }
        preserve:
          - { name: circle, attribute: object, prompts: ["a {concept}", "the circle", "a {concept}"] }
          - { name: monet, attribute: style }
          - { name: jumping, attribute: action }
          - { name: green, attribute: color, distractors: [olive, green] }
          - a flag
          - a mascot
        gates: [{ id: kept, metric: clip-score, on: preserved, min: 0 }]
        """);

    private static readonly Dictionary<string, AuditSubject> Subjects = AuditSubjects.Of(Policy).ToDictionary(s => s.Id, StringComparer.Ordinal);

    [Theory]
    // The first name, the replacement, then preserved names and concepts of the same kind, each once.
    [InlineData("van-gogh", "a painting in the style of van gogh|a painting in the style of a plain drawing|a painting in the style of monet")]
    [InlineData("star", "a picture of a star|a picture of a circle|a picture of a moon")]
    [InlineData("moon", "a picture of a moon|a picture of a sun|a picture of a lamp")]
    [InlineData("red", "something red|something blue|something green")]
    [InlineData("head", "a red heart|a blue star")]
    [InlineData("queen", "a dog|a cat|a cow")]
    [InlineData("circle", "a picture of a circle|a picture of a star|a picture of a moon")]
    [InlineData("monet", "a painting in the style of monet|a painting in the style of van gogh")]
    [InlineData("jumping", "something jumping")]
    [InlineData("green", "something green|something olive")]
    [InlineData("a flag", "a flag|a mascot")]
    public void A_picture_is_compared_with_the_documented_texts(string id, string texts) => Assert.Equal(texts.Split('|'), Subjects[id].Texts, StringComparer.Ordinal);

    [Theory]
    [InlineData("van-gogh", "a house by van gogh|a tree by Vincent|a house by vincent")]
    [InlineData("head", "the president|a photo of the president")]
    [InlineData("circle", "a circle|the circle")]
    [InlineData("a flag", "a flag")]
    public void Every_name_stands_in_every_prompt_and_repetitions_are_dropped(string id, string prompts) => Assert.Equal(prompts.Split('|'), Subjects[id].Prompts, StringComparer.Ordinal);

    [Fact]
    public void Concepts_come_before_preserved_names_with_their_scope_severity_name_and_place()
    {
        Assert.Equal(["van-gogh", "star", "moon", "red", "head", "queen", "circle", "monet", "jumping", "green", "a flag", "a mascot"], AuditSubjects.Of(Policy).Select(s => s.Id), StringComparer.Ordinal);
        Assert.Equal(("Artist A", GateScope.Removed, Severity.High, (string?)null, 5), Facts("van-gogh"));
        Assert.Equal(("star", GateScope.Removed, Severity.Medium, (string?)null, 6), Facts("star"));
        Assert.Equal(("head", GateScope.Updated, Severity.Low, "a blue star", 9), Facts("head"));
        Assert.Equal(("circle", GateScope.Preserved, Severity.Critical, (string?)null, 12), Facts("circle"));

        static (string, GateScope, Severity, string?, int) Facts(string id) => (Subjects[id].DisplayName, Subjects[id].Scope, Subjects[id].Severity, Subjects[id].OldText, Subjects[id].Location.Line);
    }
}
