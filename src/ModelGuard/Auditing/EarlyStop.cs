using ModelGuard.Policies;

namespace ModelGuard.Auditing;

/// <summary>Says during an audit which batches need not be drawn any more.</summary>
/// <param name="policy">The policy.</param>
/// <param name="plan">Its plan.</param>
/// <param name="baselines">The baselines that its gates name.</param>
public sealed class EarlyStop(Policy policy, AuditPlan plan, GateBaselines baselines)
{
    private readonly Dictionary<string, UnitResult> results = new(StringComparer.Ordinal);

    // Whether the gates on a concept have decided, and after how many looks that was asked.
    private readonly Dictionary<PlannedSubject, (int Looks, bool IsDecided)> decided = new(ReferenceEqualityComparer.Instance);

    private readonly Dictionary<string, (PlannedSubject Subject, int Look)> places = plan.Subjects
        .SelectMany(s => s.Looks.SelectMany((units, look) => units.Select(u => (u.Digest, Place: (s, look)))))
        .DistinctBy(p => p.Digest, StringComparer.Ordinal).ToDictionary(p => p.Digest, p => p.Place, StringComparer.Ordinal);

    /// <summary>Takes a result.</summary>
    public void Add(UnitResult result) => results.Add(result.Unit, result);

    /// <summary>Whether the gates have decided on a batch's concept without it.</summary>
    public bool IsNeedless(AuditUnit unit)
    {
        if (!places.TryGetValue(unit.Digest, out var place) || place.Look == 0) return false;
        if (decided.TryGetValue(place.Subject, out var known) && (known.IsDecided || known.Looks == place.Look)) return known.IsDecided;
        var isDecided = Looks.DecidedAt(policy, place.Subject.AssemblePictures(results), baselines) is not null;
        decided[place.Subject] = (place.Look, isDecided);
        return isDecided;
    }
}
