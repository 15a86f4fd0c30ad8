using System.Collections.Immutable;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;

namespace ModelGuard.Tracing;

/// <summary>Which layers of a text encoder an edit goes to, and why.</summary>
/// <param name="Component">The text encoder.</param>
/// <param name="Layers">The layers, ascending.</param>
/// <param name="IsLocalised">Whether every concept was found in one layer; if not, all layers are edited.</param>
/// <param name="Evidence">What was found for each concept.</param>
public sealed record LayerChoice(string Component, ImmutableArray<int> Layers, bool IsLocalised, ImmutableArray<LayerEvidence> Evidence);

/// <summary>What a trace says about the layer of one concept.</summary>
/// <param name="Concept">Its id.</param>
/// <param name="Conclusion">What can be said.</param>
/// <param name="Localisation">The best layer, and how far it is ahead.</param>
/// <param name="Controls">The controls; null when there was nothing to control.</param>
public sealed record LayerEvidence(string Concept, TraceConclusion Conclusion, Localisation Localisation, TraceControls? Controls);

/// <summary>Chooses the layers of <c>edit.layers: auto</c> by a trace in the space of states, of all positions from the subject on together.</summary>
public static class LayerChoices
{
    /// <summary>How these traces are made: enough draws for an interval, few enough for a build.</summary>
    public static TraceSettings Settings { get; } = new() { Draws = 4, Prompts = 2, IsWhole = true };

    /// <summary>
    /// Whether a policy leaves the layers to a trace: <c>layers: auto</c>, and a method that edits one kind of weight in layers of a text
    /// encoder. Abstract concepts take all layers: where one layer seems to hold them, the others still do.
    /// </summary>
    public static bool AreLeftTo(Policy policy) => policy.Edit.Layers is null && SiteOf(policy.Edit.Method) is not null && policy.Concepts.All(c => c.Attribute != AttributeKind.Abstract);

    /// <summary>One choice for each text encoder.</summary>
    /// <param name="pipeline">The base.</param>
    /// <param name="policy">Its concepts, and the method, which says what is edited in a layer.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <exception cref="TraceException">MG1101 when a name does not stand whole in a prompt, because the text encoder reads no further.</exception>
    public static ImmutableArray<LayerChoice> Choose(StableDiffusionPipeline pipeline, Policy policy, IProgress<TraceProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (SiteOf(policy.Edit.Method) is not { } site) return [];
        var tracer = new Tracer(pipeline, Settings with { Kinds = [site] });
        return [.. pipeline.TextEncoders.Select(encoder =>
        {
            var traces = policy.Concepts.Select(c => (c.Id, Trace: tracer.TextEncoder(encoder.Component, TraceSubjects.Of(c, policy), progress, cancellation))).ToArray();
            var isLocalised = traces.All(t => t.Trace.Conclusion == TraceConclusion.Localised);
            return new LayerChoice(
                encoder.Component,
                isLocalised ? [.. traces.Select(t => t.Trace.Localisation.Best!.Site.First).Distinct().Order()] : [.. Enumerable.Range(0, encoder.Model.Tower.LayerCount)],
                isLocalised,
                [.. traces.Select(t => new LayerEvidence(t.Id, t.Trace.Conclusion, t.Trace.Localisation, t.Trace.Controls))]);
        })];
    }

    private static SiteKind? SiteOf(string method) => method switch
    {
        "diff-quick-fix" => SiteKind.SelfAttention,
        "text-encoder-mlp" => SiteKind.Mlp,
        _ => null,
    };
}
