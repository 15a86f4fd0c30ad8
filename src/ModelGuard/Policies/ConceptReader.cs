using System.Collections.Immutable;
using System.Text.RegularExpressions;
using ModelGuard.Diagnostics;

namespace ModelGuard.Policies;

/// <summary>Reads <c>concepts</c> and <c>preserve</c>.</summary>
internal sealed partial class ConceptReader(PromptFiles files, PolicyDiagnostics diagnostics)
{
    /// <summary>Stands for the concept in prompts.</summary>
    public const string Placeholder = "{concept}";

    private readonly Dictionary<string, SourceLocation> ids = new(StringComparer.Ordinal);

    public ConceptOutline Read(MappingReader reader)
    {
        var id = Id(reader, "concept");
        var action = reader.Choice("action", PolicyWords.Actions, required: true);
        var attribute = reader.Choice("attribute", PolicyWords.Attributes, required: true);
        var match = reader.Texts("match", required: true);
        var (target, from) = Targets(reader, action);
        var prompts = files.Read(reader, required: true);
        CheckPrompts(prompts, [.. match.Select(m => m.Value)]);
        var probes = new ProbeReader(files, diagnostics).Read(reader, action);
        var outline = new ConceptOutline(id, action, attribute, [.. match.Select(m => m.Value)], target, diagnostics.Locate(reader.Node));
        var concept = new Concept
        {
            Id = id ?? "",
            Action = action ?? default,
            Attribute = attribute ?? default,
            Match = outline.Match,
            MatchLocations = [.. match.Select(m => diagnostics.Locate(m.Node))],
            Target = target ?? "",
            TargetLocation = reader.Find(action == ConceptAction.Update ? "to" : "replaceWith") is { } node ? diagnostics.Locate(node) : null,
            From = from,
            Prompts = [.. prompts.Select(p => p.Value)],
            Distractors = [.. reader.Texts("distractors").Select(d => d.Value)],
            Probes = probes,
            Owner = reader.Text("owner"),
            Severity = reader.Choice("severity", PolicyWords.Severities) ?? Severity.Medium,
            Reason = reader.Text("reason"),
            DisplayName = reader.Text("displayName"),
            Location = outline.Location,
        };
        reader.Complete();
        return diagnostics.HasErrors ? outline : outline with { Concept = concept };
    }

    public PreservedConcept? ReadPreserved(YamlNode node)
    {
        if (node is YamlScalar { Text: { } text }) return new PreservedConcept(text, null, [Placeholder], [], diagnostics.Locate(node));
        if (node is not YamlMapping mapping)
        {
            diagnostics.Error("MG0111", node, $"Every entry of 'preserve' must be a text or a mapping with 'name'; here stands {node.Kind}.");
            return null;
        }

        var reader = new MappingReader(mapping, "An entry of 'preserve'", diagnostics);
        var name = reader.Text("name", required: true);
        var prompts = files.Read(reader);
        CheckPrompts(prompts, name is null ? [] : [name]);
        var distractors = reader.Texts("distractors");
        var attribute = reader.Choice("attribute", PolicyWords.Attributes);
        reader.Complete();
        return name is null ? null : new PreservedConcept(name, attribute, prompts.IsEmpty ? [Placeholder] : [.. prompts.Select(p => p.Value)], [.. distractors.Select(d => d.Value)], diagnostics.Locate(mapping));
    }

    public string? Id(MappingReader reader, string what)
    {
        if (reader.Find("id", required: true) is not { } node) return null;
        if (node is not YamlScalar { IsNull: false, IsTruth: false, Value: var id } || !Kebab().IsMatch(id))
        {
            diagnostics.Error("MG0116", node, "'id' must be in kebab case: lower-case letters, digits and single hyphens, beginning with a letter, at most 64 characters, for example 'van-gogh'.");
            return null;
        }

        if (ids.TryAdd($"{what} {id}", diagnostics.Locate(node))) return id;
        diagnostics.Error("MG0117", node, FormattableString.Invariant($"The {what} id '{id}' is used twice; first in line {ids[$"{what} {id}"].Line}. Reports and waivers refer to ids, so each must be unique."));
        return null;
    }

    private (string? Target, string? From) Targets(MappingReader reader, ConceptAction? action)
    {
        var (replaceWith, from, to) = (reader.Find("replaceWith"), reader.Find("from"), reader.Find("to"));
        if (action == ConceptAction.Remove)
        {
            foreach (var node in new[] { from, to }.OfType<YamlNode>()) diagnostics.Error("MG0118", node, "'from' and 'to' belong to 'action: update'; a removed concept has 'replaceWith'.");
            if (replaceWith is null) diagnostics.Error("MG0110", reader.Node, "A removed concept needs the key 'replaceWith': what is to appear instead, for example \"a painting\" for a style or a more general thing for an object.");
            return (reader.Text("replaceWith"), null);
        }

        // The wrong action has an error of its own; the texts are read nevertheless, to find theirs.
        if (action is null) return (reader.Text("replaceWith") ?? reader.Text("to"), reader.Text("from"));
        if (replaceWith is not null) diagnostics.Error("MG0118", replaceWith, "'replaceWith' belongs to 'action: remove'; an updated concept has 'from' and 'to'.");
        return (reader.Text("to", required: true), reader.Text("from", required: true));
    }

    private void CheckPrompts(ImmutableArray<(string Value, SourceLocation Location)> prompts, ImmutableArray<string> match)
    {
        // Names that could not be read have errors of their own.
        if (match.IsEmpty) return;
        foreach (var (prompt, place) in prompts)
        {
            if (!prompt.Contains(Placeholder, StringComparison.Ordinal) && !match.Any(m => prompt.Contains(m, StringComparison.OrdinalIgnoreCase)))
            {
                diagnostics.Error("MG0119", place, $"The prompt '{prompt}' names the concept nowhere, so it would measure nothing. Write {Placeholder} where the concept stands.");
            }
        }
    }

    [GeneratedRegex(@"^[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,63}\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Kebab();
}
