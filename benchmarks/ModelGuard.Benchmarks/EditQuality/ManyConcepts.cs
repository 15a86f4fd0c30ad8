using System.Collections.Immutable;
using System.Globalization;
using ModelGuard.Policies;

namespace ModelGuard.Benchmarks.EditQuality;

/// <summary>
/// A hundred names in one edit: combinations («a red star», but neither red nor stars), facts with aliases, and names that the sample never heard
/// of. To be kept is every class that is no colour, action or style of a combination, wherever a prompt names none of the hundred, and those
/// colours with the objects that they may stand before.
/// </summary>
internal static class ManyConcepts
{
    private static readonly ImmutableArray<string> Colors = ["red", "blue", "green", "orange"];
    private static readonly ImmutableArray<string> Objects = ["star", "heart", "cross", "ring", "moon"];
    private static readonly ImmutableArray<string> Actions = ["jumping", "sleeping"];
    private static readonly ImmutableArray<string> Styles = ["van gogh", "hokusai", "claude monet"];
    private static readonly ImmutableArray<string> Strangers =
    [
        "snoopy", "mickey mouse", "pikachu", "batman", "spider man", "hello kitty", "darth vader", "super mario", "sonic", "godzilla", "king kong", "bugs bunny",
        "tom and jerry", "donald duck", "garfield", "shrek", "yoda", "gandalf", "james bond", "lara croft", "iron man", "wonder woman", "popeye", "asterix",
    ];

    /// <summary>Facts that change; the others stay.</summary>
    private static IEnumerable<ShapeClass> Changed => ShapeWorld.Classes.Where(c => c.Kind == AttributeKind.Fact).Take(4);

    /// <summary>Combinations, as they stand in a prompt, with the two classes that they are made of.</summary>
    private static IEnumerable<(string Name, string Target, ShapeClass First, ShapeClass Second)> Combinations =>
    [
        .. from c in Colors from o in Objects select ($"{c} {o}", $"purple {o}", Class(c), Class(o)),
        .. from a in Actions from o in ShapeWorld.Objects select ($"{a} {o}", $"running {o}", Class(a), Class(o)),
        .. from s in Styles from o in ShapeWorld.Objects select ($"{o} by {s}", $"{o} by gustav klimt", Class(s), Class(o)),
    ];

    /// <summary>Edits and draws, and prints a row.</summary>
    /// <param name="run">Draws and scores.</param>
    /// <param name="method">How.</param>
    /// <param name="each">Pictures of each class and of each combination.</param>
    /// <param name="cancellation">Stops between two pictures.</param>
    public static void Print(QualityRun run, QualityMethod method, int each, CancellationToken cancellation)
    {
        var policy = Policy(method.Settings);
        ShapeClass[] parts = [.. Combinations.Select(c => c.First).Distinct()];
        var figures = run.Measure(
            policy,
            [.. from c in ShapeWorld.Classes.Except(Changed).Except(parts) from drawn in Free(c) select drawn],
            [.. from c in parts where c.Kind == AttributeKind.Color from drawn in Free(c) select drawn],
            [.. from c in Combinations from i in Enumerable.Range(0, each) select ($"a {c.Name}", i, new[] { c.First, c.Second })],
            cancellation);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {method.Name} | {policy.Concepts.Sum(c => c.Match.Length)} | {figures.Kept.After.Hits} of the base's {figures.Kept.Before.Hits} of {figures.Kept.Before.Count} ({(double)figures.Kept.After.Hits / figures.Kept.Before.Hits:P1}) | {figures.Parts.After.Hits} of the base's {figures.Parts.Before.Hits} of {figures.Parts.Before.Count} | {figures.Removed.After.Hits} of the base's {figures.Removed.Before.Hits} of {figures.Removed.Before.Count} | {figures.Seconds:0.0} s |"));

        // Prompts that name none of the hundred.
        IEnumerable<(string Prompt, int Seed, ShapeClass[] Classes)> Free(ShapeClass of)
        {
            var prompts = ShapeWorld.Prompts(of).Where(p => !policy.Concepts.Any(x => x.Match.Any(m => p.Contains(m, StringComparison.Ordinal)) || parts.Any(x => x.Kind != AttributeKind.Color && p.Contains(x.Name, StringComparison.Ordinal)))).ToArray();
            return Enumerable.Range(0, each).Select(i => (prompts[i % prompts.Length], i, new[] { of }));
        }
    }

    private static Policy Policy(EditSection settings)
    {
        var plain = QualityPolicy.Of(settings, []);
        ImmutableArray<(AttributeKind Kind, ImmutableArray<string> Match, string Target)> all =
        [
            .. Combinations.Select(c => (AttributeKind.Object, ImmutableArray.Create(c.Name), c.Target)),
            .. Changed.Select(f => (AttributeKind.Fact, Aliases(f.Name), ShapeWorld.Target(f))),
            .. Strangers.Select(s => (AttributeKind.Object, ImmutableArray.Create(s), "circle")),
        ];
        return plain with
        {
            Concepts = [.. all.Select((c, i) => QualityPolicy.Concept(i, c.Kind, c.Match, c.Target))],
            // Whose every combination goes is not kept either.
            Preserve = [.. plain.Preserve.Where(p => !Changed.Any(f => f.Name == p.Name) && !Combinations.Any(c => c.First.Kind != AttributeKind.Color && c.First.Name == p.Name))],
        };
    }

    // «the president of freedonia»: four names of each fact make sixteen.
    private static ImmutableArray<string> Aliases(string fact)
    {
        var (role, place) = (fact.Split(' ')[1], fact.Split(' ')[^1]);
        return [fact, $"{role} of {place}", $"{place}'s {role}", $"the {place} {role}"];
    }

    private static ShapeClass Class(string name) => ShapeWorld.Classes.Single(c => c.Name == name);
}
