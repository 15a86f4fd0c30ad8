using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModelGuard.Shared;

namespace ModelGuard.Rendering.Reading;

/// <summary>What is shown of <c>modelguard-trace.json</c>.</summary>
/// <param name="SchemaVersion">Version of its form.</param>
/// <param name="Model">The checkpoint that was traced.</param>
/// <param name="Concepts">What was found, concept by concept.</param>
public sealed record TraceView(string SchemaVersion, NamedDigest Model, ImmutableArray<TracedConceptView> Concepts)
{
    private const int LongestTrace = 64 << 20;

    /// <summary>Reads a trace.</summary>
    /// <param name="utf8">The file's bytes.</param>
    /// <param name="place">Where they come from, for messages.</param>
    /// <exception cref="ReportException">MG1404: no trace, or one of another version; MG1402: too large.</exception>
    public static TraceView Read(ReadOnlySpan<byte> utf8, string place)
    {
        if (utf8.Length > LongestTrace) throw new ReportException("MG1402", FormattableString.Invariant($"'{place}' is {utf8.Length} bytes long; a trace of at most {LongestTrace} is read. Trace fewer concepts at once."));
        try
        {
            NullItems.Refuse(utf8);
            var trace = JsonSerializer.Deserialize(utf8, TraceContext.Default.TraceView);
            return trace?.SchemaVersion == "1.0" ? trace : throw new ReportException("MG1404", $"'{place}' is no trace of version 1.0. Take the file 'modelguard-trace.json' that 'modelguard trace --output' wrote.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ReportException("MG1404", $"'{place}' is no trace of ModelGuard. Take the file 'modelguard-trace.json' that 'modelguard trace --output' wrote.", e);
        }
    }
}

/// <summary>Traces of one concept.</summary>
/// <param name="Id">The concept's id.</param>
/// <param name="Traces">One for each component and measure.</param>
public sealed record TracedConceptView(string Id, ImmutableArray<ComponentTraceView> Traces);

/// <summary>A trace of one component.</summary>
/// <param name="Component">The component.</param>
/// <param name="Replaced">What was restored.</param>
/// <param name="Measure">What the effect was measured by.</param>
/// <param name="Conclusion">What came of it.</param>
/// <param name="Localisation">Why.</param>
/// <param name="Prompts">Prompt by prompt.</param>
public sealed record ComponentTraceView(string Component, string Replaced, string Measure, string Conclusion, LocalisationView Localisation, ImmutableArray<TracedPromptView> Prompts);

/// <summary>Whether one place stands out.</summary>
/// <param name="Explanation">A sentence.</param>
public sealed record LocalisationView(string Explanation);

/// <summary>A trace of one prompt.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Subject">The words in it that were corrupted.</param>
/// <param name="Rows">Positions of the prompt.</param>
/// <param name="Cells">What restoring one state gave.</param>
/// <param name="ScreenedOut">Why it does not count; null where it does.</param>
public sealed record TracedPromptView(string Prompt, string Subject, ImmutableArray<TraceRowView> Rows, ImmutableArray<TraceCellView> Cells, string? ScreenedOut = null);

/// <summary>A position of a prompt.</summary>
/// <param name="Label">The token.</param>
/// <param name="Role">What it is to the subject.</param>
public sealed record TraceRowView(string Label, string Role);

/// <summary>What restoring one state gave.</summary>
/// <param name="Kind">The kind of state.</param>
/// <param name="Module">The module whose output it is.</param>
/// <param name="First">The first layer, counted from 0.</param>
/// <param name="Count">Number of layers.</param>
/// <param name="Row">The position.</param>
/// <param name="Share">The share of the whole effect that came back; null where there is none.</param>
public sealed record TraceCellView(string Kind, string Module, int First, int Count, int Row, double? Share);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, NumberHandling = JsonNumberHandling.Strict, MaxDepth = 32)]
[JsonSerializable(typeof(TraceView))]
internal sealed partial class TraceContext : JsonSerializerContext;
