using System.Collections.Immutable;

namespace ModelGuard.Tracing;

/// <summary>What a trace found.</summary>
public enum TraceConclusion
{
    /// <summary>One site stands out.</summary>
    Localised,

    /// <summary>None does.</summary>
    NotLocalised,

    /// <summary>The controls did not behave, or no prompt counted: nothing can be said.</summary>
    Inconclusive,
}

/// <summary>What is to be traced.</summary>
/// <param name="Prompt">A prompt.</param>
/// <param name="Subject">The subject as it stands in it.</param>
/// <param name="Donor">A subject that has nothing to do with it, for the control.</param>
/// <param name="Contrast">What stands in the subject's place in the run that does not show it, where there is no noise.</param>
/// <param name="Texts">The subject's description for the scorer, then what it could be taken for.</param>
public sealed record TraceSubject(string Prompt, string Subject, string Donor, string Contrast, ImmutableArray<string> Texts)
{
    /// <summary>The prompt with something else in the subject's place.</summary>
    public string With(string other) => Prompt.Replace(Subject, other, StringComparison.Ordinal);
}

/// <summary>The traces of one component in one measure, and what they say together.</summary>
/// <param name="Component">For example <c>text_encoder</c>.</param>
/// <param name="What">What was replaced: <c>states</c>, or <c>keys-and-values</c>.</param>
/// <param name="Measure">The measure that decides.</param>
/// <param name="Prompts">A trace for each prompt.</param>
/// <param name="Others">The same in other measures, by name; they decide nothing.</param>
/// <param name="Localisation">Where the effect is.</param>
/// <param name="Controls">The controls at the best site; null when there is none.</param>
public sealed record ComponentTrace(string Component, string What, string Measure, ImmutableArray<PromptTrace> Prompts, ImmutableDictionary<string, ImmutableArray<PromptTrace>> Others, Localisation Localisation, TraceControls? Controls)
{
    /// <summary>What can be said.</summary>
    public TraceConclusion Conclusion => Controls is not { Passed: true } ? TraceConclusion.Inconclusive : Localisation.IsLocalised ? TraceConclusion.Localised : TraceConclusion.NotLocalised;
}
