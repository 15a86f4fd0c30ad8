using ModelGuard.Diagnostics;

namespace ModelGuard.Policies;

/// <summary>What must agree between the parts of a policy.</summary>
internal static class PolicyChecks
{
    public static void Run(Policy policy, PolicyDiagnostics diagnostics)
    {
        foreach (var preserved in policy.Preserve)
        {
            var clash = policy.Concepts.FirstOrDefault(c => c.Match.Contains(preserved.Name, StringComparer.OrdinalIgnoreCase));
            if (clash is not null) Error("MG0130", preserved.Location, $"'{preserved.Name}' is to be preserved and is also a name of the concept '{clash.Id}'. Take it out of one of the two.");
        }

        var names = policy.Concepts.SelectMany(c => c.Match.Select(m => (Name: m, Concept: c)));
        foreach (var group in names.GroupBy(n => n.Name, StringComparer.OrdinalIgnoreCase).Where(g => g.Select(n => n.Concept.Id).Distinct(StringComparer.Ordinal).Count() > 1))
        {
            Error("MG0131", group.Last().Concept.Location, $"The name '{group.Key}' belongs to several concepts ({string.Join(", ", group.Select(n => n.Concept.Id))}); an edit cannot send it to two places.");
        }

        foreach (var concept in policy.Concepts)
        {
            var own = concept.Match.FirstOrDefault(m => concept.Target.Contains(m, StringComparison.OrdinalIgnoreCase));
            if (own is not null) Error("MG0132", concept.Location, $"The target '{concept.Target}' of '{concept.Id}' contains the concept itself ('{own}'). Name something else.");
        }

        foreach (var gate in policy.Gates.Where(g => !Applies(policy, g.On)))
        {
            Error("MG0133", gate.Location, $"The gate '{gate.Id}' would measure nothing: the policy has no {gate.On.ToString().ToLowerInvariant()} concept. Remove the gate or add one.");
        }

        foreach (var waiver in policy.Waivers)
        {
            if (policy.Gates.All(g => g.Id != waiver.Gate)) Error("MG0134", waiver.Location, $"The waiver names the gate '{waiver.Gate}', which the policy does not have.{Spelling.Hint(waiver.Gate, policy.Gates.Select(g => g.Id))}");
            string[] subjects = [.. policy.Concepts.Select(c => c.Id), .. policy.Preserve.Select(p => p.Name)];
            if (!subjects.Contains(waiver.Concept, StringComparer.Ordinal)) Error("MG0135", waiver.Location, $"The waiver names the concept '{waiver.Concept}', which the policy does not have.{Spelling.Hint(waiver.Concept, subjects)}");
        }

        void Error(string code, SourceLocation place, string message) => diagnostics.Error(code, (place.Line, place.Column), message);
    }

    private static bool Applies(Policy policy, GateScope scope) => scope switch
    {
        GateScope.Removed => policy.Concepts.Any(c => c.Action == ConceptAction.Remove),
        GateScope.Updated => policy.Concepts.Any(c => c.Action == ConceptAction.Update),
        _ => !policy.Preserve.IsEmpty,
    };
}
