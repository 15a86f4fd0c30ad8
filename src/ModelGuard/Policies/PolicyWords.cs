using System.Collections.Frozen;

namespace ModelGuard.Policies;

/// <summary>The words of the policy language.</summary>
internal static class PolicyWords
{
    public static readonly FrozenDictionary<string, ConceptAction> Actions = Words([("remove", ConceptAction.Remove), ("update", ConceptAction.Update)]);

    public static readonly FrozenDictionary<string, AttributeKind> Attributes = Words(
        [("object", AttributeKind.Object), ("style", AttributeKind.Style), ("color", AttributeKind.Color), ("action", AttributeKind.Action), ("fact", AttributeKind.Fact), ("abstract", AttributeKind.Abstract)]);

    public static readonly FrozenDictionary<string, Severity> Severities = Words([("low", Severity.Low), ("medium", Severity.Medium), ("high", Severity.High), ("critical", Severity.Critical)]);

    public static readonly FrozenDictionary<string, GateScope> Scopes = Words([("removed", GateScope.Removed), ("updated", GateScope.Updated), ("preserved", GateScope.Preserved)]);

    public static readonly FrozenDictionary<string, TokenSelection> Tokens = Words([("last-subject", TokenSelection.LastSubject), ("subject-to-end", TokenSelection.SubjectToEnd)]);

    public static readonly FrozenDictionary<string, LimitKind> Limits = Words(
        [("max", LimitKind.Max), ("min", LimitKind.Min), ("maxRatio", LimitKind.MaxRatio), ("minRatio", LimitKind.MinRatio), ("maxDrop", LimitKind.MaxDrop)]);

    /// <summary>All metrics.</summary>
    public static readonly FrozenSet<string> Metrics = FrozenSet.ToFrozenSet(["recognition", "clip-score", "preference", "fidelity", "image-change", "pixel-change", "drift", "causal-trace", "attack-success-rate", "probe-recognition"], StringComparer.Ordinal);

    /// <summary>Those with a value for each picture of a concept's prompts, which can be paired with other pictures of the same prompts and seeds.</summary>
    public static readonly FrozenSet<string> PictureMetrics = FrozenSet.ToFrozenSet(["recognition", "clip-score", "preference"], StringComparer.Ordinal);

    /// <summary>Attacks on removed concepts.</summary>
    public static readonly FrozenSet<string> Attacks = AttackSection.All.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Kinds of probes that are derived.</summary>
    public static readonly FrozenDictionary<string, ProbeKind> ProbeKinds = Words([.. Enum.GetValues<ProbeKind>().Where(k => k != ProbeKind.Listed).Select(k => (Of(k), k))]);

    /// <summary>Methods of editing, and whether the settings of a policy apply to them.</summary>
    public static readonly FrozenDictionary<string, bool> Methods = Words(
        [("diff-quick-fix", true), ("diff-quick-fix-published", false), ("text-encoder-mlp", true), ("uce", true), ("loco-edit", true)]);

    /// <summary>Methods whose layers are those of the UNet's cross-attention, not of the text encoder.</summary>
    public static readonly FrozenSet<string> CrossAttentionMethods = FrozenSet.ToFrozenSet(["uce", "loco-edit"], StringComparer.Ordinal);

    public static readonly FrozenDictionary<string, PreserveMode> PreserveModes = Words([("soft", PreserveMode.Soft), ("hard", PreserveMode.Hard)]);

    /// <summary>A word of the policy language for a value of an enumeration: kebab case.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    private static FrozenDictionary<string, T> Words<T>((string Word, T Value)[] words) => words.ToFrozenDictionary(w => w.Word, w => w.Value, StringComparer.Ordinal);
}
