using ModelGuard.Diagnostics;
using ModelGuard.Editing.Methods;

namespace ModelGuard.Policies;

/// <summary>What must agree between the parts of a policy. Nothing is concluded from parts that could not be read.</summary>
internal static class PolicyChecks
{
    public static void Run(PolicyOutline policy, PolicyDiagnostics diagnostics)
    {
        ConceptOutline[] concepts = [.. policy.Concepts.OfType<ConceptOutline>()];
        foreach (var preserved in policy.Preserve.OfType<PreservedConcept>())
        {
            var clash = concepts.FirstOrDefault(c => c.Match.Contains(preserved.Name, StringComparer.OrdinalIgnoreCase));
            if (clash is not null) Error("MG0130", preserved.Location, $"'{preserved.Name}' is to be preserved and is also a name of the concept '{clash.Name}'. Take it out of one of the two.");
        }

        var names = concepts.SelectMany(c => c.Match.Distinct(StringComparer.OrdinalIgnoreCase).Select(m => (Name: m, Concept: c)));
        foreach (var group in names.GroupBy(n => n.Name, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
        {
            Error("MG0131", group.Last().Concept.Location, $"The name '{group.Key}' belongs to several concepts ({string.Join(", ", group.Select(n => n.Concept.Name))}); an edit cannot send it to two places.");
        }

        foreach (var concept in concepts)
        {
            var own = concept.Match.FirstOrDefault(m => concept.Target is { } target && WholeWords.Contain(target, m));
            if (own is not null) Error("MG0132", concept.Location, $"The target '{concept.Target}' of '{concept.Name}' contains the concept itself ('{own}'). Name something else.");
        }

        // Early layers hold a bag of concepts; abstract ones form in late layers (HiRM; docs/editing.md), so that an edit of the first one alone leaves them there.
        if (IsFirstLayerOnly(policy.Edit))
        {
            foreach (var concept in concepts.Where(c => c.Attribute == AttributeKind.Abstract)) Error("MG0128", concept.Location, $"'{concept.Name}' is abstract, and the edit changes the first layer of the text encoder alone, in which the meaning of abstract concepts has not formed yet. Leave 'edit.layers' out or name several layers; or write 'allowFirstLayerOnly: true' into 'edit' if that is meant.");
        }

        foreach (var gate in policy.Gates.OfType<GateOutline>().Where(g => g.Scope is { } scope && !MayApply(policy, scope)))
        {
            Error("MG0133", gate.Location, $"The gate '{gate.Name}' would measure nothing: the policy has no {gate.Scope.ToString()!.ToLowerInvariant()} concept. Remove the gate or add one.");
        }

        CheckFidelity(policy, concepts, Error);
        CheckProbes(policy, concepts, Error);
        string?[] gates = [.. policy.Gates.Select(g => g?.Id)];
        string?[] subjects = [.. policy.Concepts.Select(c => c?.Id), .. policy.Preserve.Select(p => p?.Name)];
        foreach (var waiver in policy.Waivers.OfType<WaiverOutline>())
        {
            if (waiver.Gate is not null && IsMissing(waiver.Gate, gates)) Error("MG0134", waiver.Location, $"The waiver names the gate '{waiver.Gate}', which the policy does not have.{Spelling.Hint(waiver.Gate, gates!)}");
            if (waiver.Concept is not null && IsMissing(waiver.Concept, subjects)) Error("MG0135", waiver.Location, $"The waiver names the concept '{waiver.Concept}', which the policy does not have.{Spelling.Hint(waiver.Concept, subjects!)}");
        }

        void Error(string code, SourceLocation place, string message) => diagnostics.Error(code, (place.Line, place.Column), message);
    }

    /// <summary>A gate on fidelity looks for the other names of a concept's prompts, so there must be some.</summary>
    private static void CheckFidelity(PolicyOutline policy, IEnumerable<ConceptOutline> concepts, Action<string, SourceLocation, string> error)
    {
        if (policy.Preserve.Contains(null)) return;
        foreach (var gate in policy.Gates.Select(g => g?.Gate).OfType<Gate>().Where(g => g.Metric == "fidelity"))
        {
            foreach (var concept in concepts.Select(c => c.Concept).OfType<Concept>().Where(c => gate.On == (c.Action == ConceptAction.Remove ? GateScope.Removed : GateScope.Updated)))
            {
                if (concept.Prompts.Any(p => OtherNames.In(p, concept.Match, policy.Preserve!).Any())) continue;
                error("MG0141", concept.Location, $"The gate '{gate.Id}' would measure nothing on '{concept.Id}': none of its prompts names a preserved name with an attribute besides the concept. Add such prompts, for example with a preserved colour, or remove the gate.");
            }
        }
    }

    /// <summary>A gate on probes looks at every removed concept, so each must have some.</summary>
    private static void CheckProbes(PolicyOutline policy, IEnumerable<ConceptOutline> concepts, Action<string, SourceLocation, string> error)
    {
        foreach (var gate in policy.Gates.Select(g => g?.Gate).OfType<Gate>().Where(g => g.Metric == "probe-recognition"))
        {
            foreach (var concept in concepts.Select(c => c.Concept).OfType<Concept>().Where(c => c.Action == ConceptAction.Remove && c.Probes.IsEmpty))
            {
                error("MG0144", concept.Location, $"The gate '{gate.Id}' would measure nothing on '{concept.Id}', which has no probes. Write 'probes: all' or a list of kinds into the concept, or remove the gate.");
            }
        }
    }

    private static bool IsFirstLayerOnly(EditSection edit) => !edit.AllowFirstLayerOnly && (edit.Method == DiffQuickFixPublished.MethodName || (edit.Layers is [0] && edit.CrossAttention is null && !PolicyWords.CrossAttentionMethods.Contains(edit.Method)));

    // One that could not be read may be the one that is meant.
    private static bool IsMissing(string id, string?[] known) => !known.Contains(null) && !known.Contains(id, StringComparer.Ordinal);

    private static bool MayApply(PolicyOutline policy, GateScope scope) => scope switch
    {
        GateScope.Removed => policy.Concepts.Any(c => c?.Action is null or ConceptAction.Remove),
        GateScope.Updated => policy.Concepts.Any(c => c?.Action is null or ConceptAction.Update),
        _ => !policy.Preserve.IsEmpty,
    };
}
