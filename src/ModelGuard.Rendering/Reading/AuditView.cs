using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace ModelGuard.Rendering.Reading;

/// <summary>What an audit measured and judged.</summary>
/// <param name="Verdict">The run's verdict.</param>
/// <param name="FailOn">The lowest severity whose failures fail the run.</param>
/// <param name="ScorerDigest">SHA-256 of the scorer's weights.</param>
/// <param name="Generation">How pictures were made.</param>
/// <param name="Measured">What was measured, concept by concept.</param>
/// <param name="Gates">A verdict for each gate and concept.</param>
/// <param name="Waivers">Failures that somebody accepted.</param>
/// <param name="Summary">How many gate results have which verdict.</param>
/// <param name="Pictures">The pictures that were kept; null where none were.</param>
/// <param name="Attack">How concepts were attacked; null where no gate asked for it.</param>
public sealed record AuditView(VerdictWord Verdict, SeverityWord FailOn, string ScorerDigest, GenerationView Generation, ImmutableArray<MeasuredView> Measured, ImmutableArray<GateView> Gates, ImmutableArray<WaiverView> Waivers, SummaryView Summary, PicturesView? Pictures = null, AttackSettingsView? Attack = null)
{
    private readonly Lazy<ILookup<string, MeasuredView>> measuredOf = new(() => Measured.ToLookup(m => m.Concept, StringComparer.Ordinal), LazyThreadSafetyMode.PublicationOnly);

    /// <summary>What was measured on a concept; null where the report does not tell.</summary>
    public MeasuredView? MeasuredOf(string concept) => measuredOf.Value[concept].FirstOrDefault();
}

/// <summary>How concepts were attacked.</summary>
/// <param name="Scale"><c>quick</c>, judged on the states of text encoders where they were edited, or <c>full</c>, judged on pictures.</param>
/// <param name="Prompts">How many of a concept's prompts.</param>
/// <param name="Seeds">Pictures of each prompt that was found, where pictures judge.</param>
/// <param name="Iterations">Rounds of a search.</param>
/// <param name="Candidates">What was tried in a round.</param>
/// <param name="Tokens">How many tokens an attack might add.</param>
public sealed record AttackSettingsView(string Scale, int Prompts, int Seeds, int Iterations, int Candidates, int Tokens);

/// <summary>Pictures that were kept.</summary>
/// <param name="Index">File name of the list that names each with its digest.</param>
/// <param name="Digest">The list's digest.</param>
/// <param name="Count">Number of pictures.</param>
public sealed record PicturesView(string Index, string Digest, int Count);

/// <summary>How pictures were made.</summary>
/// <param name="Scheduler">Scheduler.</param>
/// <param name="Steps">Number of denoising steps.</param>
/// <param name="GuidanceScale">Scale of classifier-free guidance.</param>
/// <param name="Seeds">The seeds, the same for each prompt and both models.</param>
/// <param name="Looks">How often gates look at the pictures while seeds are added; null for once, at the end.</param>
public sealed record GenerationView(string Scheduler, int Steps, double GuidanceScale, ImmutableArray<long> Seeds, int? Looks = null);

/// <summary>What was measured on one concept.</summary>
/// <param name="Concept">The concept's id, or the preserved name.</param>
/// <param name="Scope">What the policy wants of it.</param>
/// <param name="Pictures">Number of pictures of each model.</param>
/// <param name="Prompts">What pictures were made from.</param>
/// <param name="Texts">What pictures were compared with.</param>
/// <param name="Metrics">Mean values by metric.</param>
public sealed record MeasuredView(string Concept, ScopeWord Scope, int Pictures, ImmutableArray<string> Prompts, ImmutableArray<string> Texts, ImmutableSortedDictionary<string, MetricView> Metrics)
{
    /// <summary>What else its prompts name, where a gate looked for that.</summary>
    public ImmutableArray<string> Companions { get => field.IsDefault ? [] : field; init; }

    /// <summary>Other ways to ask for the concept, where a gate looked at them.</summary>
    public ImmutableArray<ProbeView> Probes { get => field.IsDefault ? [] : field; init; }

    /// <summary>Attacks on the concept, where a gate asked for them.</summary>
    public ImmutableArray<AttackView> Attacks { get => field.IsDefault ? [] : field; init; }
}

/// <summary>The means of a metric.</summary>
/// <param name="Value">Over the edited model's pictures; null when nothing was measured.</param>
/// <param name="Base">Over the base's pictures; null when that was not measured.</param>
public sealed record MetricView(double? Value, double? Base = null);

/// <summary>A prompt that asks for a removed concept in another way than its own prompts.</summary>
/// <param name="Kind">In which way.</param>
/// <param name="Prompt">The prompt.</param>
/// <param name="N">Number of pictures of each model.</param>
/// <param name="Value">The share of the edited model's pictures that show the concept; null when the scorer gave no numbers.</param>
/// <param name="Base">The same of the base's.</param>
public sealed record ProbeView(string Kind, string Prompt, int N, double? Value, double? Base = null);

/// <summary>One attempt to get a removed concept back.</summary>
/// <param name="Attack">The attack's name.</param>
/// <param name="Prompt">The prompt that it started from.</param>
/// <param name="Found">The prompt that it found; null where it is none that can be typed.</param>
/// <param name="DistanceBefore">How far the edited encoder's states were from the base's.</param>
/// <param name="DistanceAfter">How far they are for what was found.</param>
/// <param name="WasPresent">Whether the plain prompt shows the concept already.</param>
/// <param name="Succeeded">Whether what was found does.</param>
/// <param name="JudgedOn"><c>states</c> or <c>pictures</c>; null in reports of earlier versions, which judged on pictures.</param>
/// <param name="IsNearest">Whether the states of what was found are nearest to those of the concept.</param>
public sealed record AttackView(string Attack, string Prompt, string? Found, double? DistanceBefore, double? DistanceAfter, bool WasPresent, bool Succeeded, string? JudgedOn = null, bool? IsNearest = null);

/// <summary>One gate on one concept.</summary>
/// <param name="Gate">The gate's id.</param>
/// <param name="Concept">The concept's id, or the preserved name.</param>
/// <param name="DisplayName">What it is called in public.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Metric">What was measured.</param>
/// <param name="Verdict">What came of it.</param>
/// <param name="Limit">Which kind of limit.</param>
/// <param name="LimitValue">The limit.</param>
/// <param name="Statistic">What was compared with it; null when nothing was measured.</param>
/// <param name="Value">The mean of the edited model.</param>
/// <param name="Base">The mean of the base.</param>
/// <param name="Low">Lower end of the 95 % interval of the statistic.</param>
/// <param name="High">Upper end.</param>
/// <param name="N">Number of pictures.</param>
/// <param name="Explanation">Why, in a sentence.</param>
/// <param name="Location">Where the concept stands in the policy.</param>
/// <param name="Baseline">What was compared with instead of the base; null for the base.</param>
/// <param name="Sequential">The look that decided; null for a fixed sample.</param>
public sealed record GateView(string Gate, string Concept, string DisplayName, SeverityWord Severity, string Metric, VerdictWord Verdict, LimitWord Limit, double LimitValue, double? Statistic, double? Value, double? Base, double? Low, double? High, int N, string Explanation, LocationView Location, BaselineView? Baseline = null, SequentialView? Sequential = null);

/// <summary>A look at a sample before it is complete.</summary>
/// <param name="Look">The look that decided, or the last.</param>
/// <param name="Looks">How many are planned.</param>
/// <param name="Planned">Number of observations after all looks.</param>
public sealed record SequentialView(int Look, int Looks, int Planned);

/// <summary>What a gate compared with instead of the base.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Digest">SHA-256 of its bytes.</param>
public sealed record BaselineView(string Name, string Digest);

/// <summary>A place in a policy; lines and columns count from 1.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Line">Line.</param>
/// <param name="Column">Column.</param>
public sealed record LocationView(string File, int Line, int Column);

/// <summary>A failure that somebody accepted.</summary>
/// <param name="Gate">The gate.</param>
/// <param name="Concept">The concept.</param>
/// <param name="Owner">Who accepted it.</param>
/// <param name="Reason">Why.</param>
/// <param name="Expires">The last day that it counts, UTC.</param>
public sealed record WaiverView(string Gate, string Concept, string Owner, string Reason, DateOnly Expires)
{
    private const int NearExpiryDays = 14;

    /// <summary>Whether it counts no more.</summary>
    public bool IsExpired(DateOnly today) => Expires < today;

    /// <summary>Whether it counts still, for 14 days at most.</summary>
    public bool ExpiresSoon(DateOnly today) => !IsExpired(today) && Expires.DayNumber - today.DayNumber <= NearExpiryDays;
}

/// <summary>How many gate results have which verdict.</summary>
/// <param name="Pass">Passed.</param>
/// <param name="Fail">Failed.</param>
/// <param name="Waived">Failed, and accepted.</param>
/// <param name="Inconclusive">Undecided.</param>
public sealed record SummaryView(int Pass, int Fail, int Waived, int Inconclusive);

/// <summary>What came of a gate, or of a run; from best to worst.</summary>
[JsonConverter(typeof(WordConverter<VerdictWord>))]
public enum VerdictWord
{
    /// <summary>The interval lies on the allowed side of the limit.</summary>
    Pass,

    /// <summary>It lies on the other side, and somebody accepted that.</summary>
    Waived,

    /// <summary>It straddles the limit, or nothing was measured.</summary>
    Inconclusive,

    /// <summary>It lies on the other side.</summary>
    Fail,
}

/// <summary>How much a concept matters.</summary>
[JsonConverter(typeof(WordConverter<SeverityWord>))]
public enum SeverityWord
{
    /// <summary>Low.</summary>
    Low,

    /// <summary>Medium.</summary>
    Medium,

    /// <summary>High.</summary>
    High,

    /// <summary>Critical.</summary>
    Critical,
}

/// <summary>Kinds of limits.</summary>
[JsonConverter(typeof(WordConverter<LimitWord>))]
public enum LimitWord
{
    /// <summary>The value is at most the limit.</summary>
    Max,

    /// <summary>The value is at least the limit.</summary>
    Min,

    /// <summary>The ratio to the base's value is at most the limit.</summary>
    MaxRatio,

    /// <summary>The ratio to the base's value is at least the limit.</summary>
    MinRatio,

    /// <summary>The drop below the base's value is at most the limit.</summary>
    MaxDrop,

    /// <summary>The drop below the base's value is at most the limit times that value.</summary>
    MaxRelativeDrop,
}

/// <summary>What a policy wants of a concept.</summary>
[JsonConverter(typeof(WordConverter<ScopeWord>))]
public enum ScopeWord
{
    /// <summary>To be forgotten.</summary>
    Removed,

    /// <summary>To look otherwise.</summary>
    Updated,

    /// <summary>Not to be hurt.</summary>
    Preserved,
}
