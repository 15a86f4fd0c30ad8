using System.Collections.Immutable;

namespace ModelGuard.Policies;

/// <summary>Reads <c>probes</c> and <c>translations</c> of a concept.</summary>
internal sealed class ProbeReader(PromptFiles files, PolicyDiagnostics diagnostics)
{
    private const string All = "all";

    /// <summary>The section; probes ask whether something is gone, so only removed concepts have any.</summary>
    public ProbeSection Read(MappingReader reader, ConceptAction? action)
    {
        var (node, translations) = (reader.Find("probes"), reader.Texts("translations"));
        if (action == ConceptAction.Update)
        {
            foreach (var key in new[] { node, reader.Find("translations") }.OfType<YamlNode>()) diagnostics.Error("MG0143", key, "'probes' and 'translations' belong to 'action: remove': probes ask whether a concept is gone.");
            return ProbeSection.None;
        }

        ImmutableArray<string> words = [.. translations.Select(t => t.Value)];
        switch (node)
        {
            case null:
                return ProbeSection.None with { Translations = words };
            case YamlMapping:
                var section = reader.Section("probes")!;
                var kinds = section.Find("kinds") is { } inner ? Kinds(section, "kinds", inner, words) : [];
                var listed = section.Text("file") is { } name ? files.ReadFile(name, section.Find("file")!).Select(l => l.Value) : [];
                section.Complete();
                return new ProbeSection(kinds, words, [.. listed]);
            default:
                return new ProbeSection(Kinds(reader, "probes", node, words), words, []);
        }
    }

    private ImmutableArray<ProbeKind> Kinds(MappingReader reader, string key, YamlNode node, ImmutableArray<string> translations)
    {
        if (node is YamlScalar { Value: All }) return [.. PolicyWords.ProbeKinds.Values.Where(k => k != ProbeKind.Translation || !translations.IsEmpty).Order()];
        if (node is YamlScalar other)
        {
            diagnostics.Error("MG0143", other, $"'{key}' must be '{All}', a list of kinds, for example [case, spacing], or a mapping with 'kinds' and 'file'; here stands '{other.Value}'.");
            return [];
        }

        var kinds = new SortedSet<ProbeKind>();
        foreach (var (word, place) in reader.Texts(key))
        {
            if (!PolicyWords.ProbeKinds.TryGetValue(word, out var kind)) diagnostics.Error("MG0114", place, $"'{word}' is no kind of probes. Kinds: {string.Join(", ", PolicyWords.ProbeKinds.Keys.Order(StringComparer.Ordinal))}.{Spelling.Hint(word, PolicyWords.ProbeKinds.Keys)}");
            else if (kind == ProbeKind.Translation && translations.IsEmpty) diagnostics.Error("MG0143", place, "Probes of the kind 'translation' need the words: list them under the concept's key 'translations'.");
            else kinds.Add(kind);
        }

        return [.. kinds];
    }
}
