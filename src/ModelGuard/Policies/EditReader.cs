using System.Collections.Immutable;
using System.Globalization;

namespace ModelGuard.Policies;

/// <summary>Reads <c>edit</c>.</summary>
internal static class EditReader
{
    // What a published method fixes cannot be set.
    private static readonly ImmutableArray<string> Settings = ["layers", "lambda", "tokens", "preserveWeight", "templates", "contexts", "covarianceWeight", "preserve", "harden", "crossAttention"];

    /// <summary>The section, with its defaults for what it does not say.</summary>
    public static EditSection Read(MappingReader? reader, PolicyDiagnostics diagnostics)
    {
        var defaults = new EditSection("diff-quick-fix", null, 0.01, TokenSelection.SubjectToEnd, 1, EditSection.DefaultTemplates) { Contexts = EditSection.DefaultContexts, CovarianceWeight = 10 };
        if (reader is null) return defaults;
        var method = Method(reader, diagnostics) ?? defaults.Method;
        var templates = reader.Texts("templates");
        foreach (var (template, node) in templates.Where(t => !t.Value.Contains("{}", StringComparison.Ordinal))) diagnostics.Error("MG0123", node, $"The template '{template}' has no '{{}}' where the concept goes.");
        var result = defaults with
        {
            Method = method,
            CrossAttention = CrossAttention(reader, method, diagnostics),
            Layers = Layers(reader, diagnostics),
            Lambda = reader.Number("lambda", 1e-9, 1e9) ?? defaults.Lambda,
            Tokens = reader.Choice("tokens", PolicyWords.Tokens) ?? defaults.Tokens,
            PreserveWeight = reader.Number("preserveWeight", 0, 1e9) ?? defaults.PreserveWeight,
            Templates = templates.IsEmpty ? defaults.Templates : [.. templates.Select(t => t.Value)],
            Contexts = reader.Integer("contexts", 0, 10_000) ?? defaults.Contexts,
            CovarianceWeight = reader.Number("covarianceWeight", 0, 1e9) ?? defaults.CovarianceWeight,
            Preserve = reader.Choice("preserve", PolicyWords.PreserveModes) ?? defaults.Preserve,
            MaxDrift = reader.Number("maxDrift", 0, 1e9),
            Harden = reader.Integer("harden", 0, 20) ?? defaults.Harden,
            AllowFirstLayerOnly = reader.Truth("allowFirstLayerOnly") ?? defaults.AllowFirstLayerOnly,
        };
        RequireFree(reader, method, diagnostics);
        reader.Complete();
        return result;
    }

    private static string? Method(MappingReader reader, PolicyDiagnostics diagnostics)
    {
        if (reader.Text("method") is not { } method || PolicyWords.Methods.ContainsKey(method)) return reader.Text("method");
        diagnostics.Error("MG0122", reader.Find("method")!, $"'{method}' is no method. Methods: {string.Join(", ", PolicyWords.Methods.Keys.Order(StringComparer.Ordinal))}.{Spelling.Hint(method, PolicyWords.Methods.Keys)}");
        return null;
    }

    private static string? CrossAttention(MappingReader reader, string method, PolicyDiagnostics diagnostics)
    {
        if (reader.Text("crossAttention") is not { } second) return null;
        if (!PolicyWords.CrossAttentionMethods.Contains(second))
        {
            diagnostics.Error("MG0147", reader.Find("crossAttention")!, $"'{second}' is no method that edits the cross-attention. Methods: {string.Join(", ", PolicyWords.CrossAttentionMethods.Order(StringComparer.Ordinal))}.{Spelling.Hint(second, PolicyWords.CrossAttentionMethods)}");
        }
        else if (PolicyWords.CrossAttentionMethods.Contains(method))
        {
            diagnostics.Error("MG0147", reader.Find("crossAttention")!, $"'{method}' edits the cross-attention itself, and 'crossAttention' is for an edit of it besides that of the text encoder. Remove the key, or choose a method that edits the text encoder.");
        }

        return second;
    }

    private static void RequireFree(MappingReader reader, string method, PolicyDiagnostics diagnostics)
    {
        if (PolicyWords.Methods[method]) return;
        foreach (var key in Settings)
        {
            if (reader.Find(key) is { } node) diagnostics.Error("MG0127", node, $"'{method}' reproduces what was published and fixes '{key}' itself. Remove the key, or choose another method.");
        }
    }

    private static ImmutableArray<int>? Layers(MappingReader reader, PolicyDiagnostics diagnostics)
    {
        switch (reader.Find("layers"))
        {
            case null or YamlScalar { Value: "auto" }:
                return null;
            case YamlSequence { Items.Length: > 0 } list:
                var layers = new SortedSet<int>();
                foreach (var item in list.Items.Where(i => i is not YamlRefused))
                {
                    if (item is YamlScalar { IsQuoted: false, Value: var text } && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var layer) && layers.Add(layer)) continue;
                    diagnostics.Error("MG0124", item, "Every entry of 'layers' must be a different whole number from 0.");
                }

                return [.. layers];
            case var node:
                diagnostics.Error("MG0124", node, "'layers' must be 'auto' or a list of layer numbers, for example [0, 1, 2].");
                return null;
        }
    }
}
