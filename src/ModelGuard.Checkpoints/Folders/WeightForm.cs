using System.Collections.Immutable;

namespace ModelGuard.Checkpoints.Folders;

/// <summary>One form of a component's weights: a file, or an index of shards; the default or a variant.</summary>
/// <param name="Variant">For example <c>fp16</c>; null for the default.</param>
/// <param name="Path">The file, or the index.</param>
/// <param name="IsSharded">Whether it is an index.</param>
internal sealed record WeightForm(string? Variant, string Path, bool IsSharded)
{
    /// <summary>The files with its tensors.</summary>
    /// <exception cref="CheckpointException">MG0213 or MG0214 for a damaged index.</exception>
    public ImmutableArray<string> Files => IsSharded ? ShardIndex.Read(Path).Shards : [Path];

    /// <summary>Opens the weights.</summary>
    /// <exception cref="CheckpointException">MG0200 to MG0218.</exception>
    public ComponentWeights Open() => IsSharded ? ShardIndex.Read(Path).Open() : ComponentWeights.OfFile(Path);

    /// <summary>All forms in a folder, in the order in which the reference would take them: whole files before shards.</summary>
    public static ImmutableArray<WeightForm> In(string folder)
    {
        var found = new List<(int Rank, WeightForm Form)>();
        foreach (var file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            var name = System.IO.Path.GetFileName(file);
            if (WeightFileNames.TryParseWhole(name, out var stem, out var variant)) found.Add((Rank(stem, 0), new WeightForm(variant, file, IsSharded: false)));
            else if (WeightFileNames.TryParseIndex(name, out stem, out variant)) found.Add((Rank(stem, 1), new WeightForm(variant, file, IsSharded: true)));
        }

        return [.. found.OrderBy(f => f.Rank).Select(f => f.Form)];

        static int Rank(string stem, int sharded) => (2 * Array.IndexOf(WeightFileNames.Stems, stem)) + sharded;
    }

    /// <summary>The form to read.</summary>
    /// <param name="folder">The component.</param>
    /// <param name="variant">The user's choice; null for none.</param>
    /// <exception cref="CheckpointException">MG0210 when only a pickle is there, MG0219 when a choice is needed, MG0264 when nothing is there.</exception>
    public static WeightForm Choose(string folder, string? variant)
    {
        if (!Directory.Exists(folder)) throw new CheckpointException("MG0264", $"The component '{folder}' does not exist. Copy the checkpoint again, whole.", folder);
        var forms = In(folder);
        var chosen = forms.FirstOrDefault(f => f.Variant == variant) ?? forms.FirstOrDefault(f => f.Variant is null);
        if (chosen is not null) return chosen;
        if (forms.IsEmpty) throw Absent(folder);
        var variants = Variants(forms);
        if (variants.Length == 1 && variant is null) return forms[0];
        var wish = variant is null ? "neither default weights nor a choice of one was given" : $"'{variant}' is none of them";
        throw new CheckpointException("MG0219", $"The component '{folder}' holds the variants {List(variants)} of its weights, and {wish}. Choose one (--variant, or 'model.variant' in the policy).", folder);
    }

    /// <summary>The variants among some forms, each once.</summary>
    public static ImmutableArray<string> Variants(IEnumerable<WeightForm> forms) => [.. forms.Select(f => f.Variant).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>Names in quotes.</summary>
    public static string List(IEnumerable<string> names) => string.Join(", ", names.Select(n => $"'{n}'"));

    private static CheckpointException Absent(string folder)
    {
        string[] files = [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)];
        if (files.FirstOrDefault(f => WeightFileNames.IsShard(System.IO.Path.GetFileName(f))) is { } shard)
        {
            return new CheckpointException("MG0264", $"The component '{folder}' holds shards such as '{System.IO.Path.GetFileName(shard)}', but no index that says what is in them ({WeightFileNames.Stems[0]}.safetensors.index.json or {WeightFileNames.Stems[1]}.safetensors.index.json). Copy the checkpoint again, whole.", folder);
        }

        if (files.FirstOrDefault(PickleFormats.IsPickle) is { } pickle) PickleFormats.Refuse(pickle);
        return new CheckpointException("MG0264", $"The component '{folder}' holds neither {WeightFileNames.Stems[0]}.safetensors nor {WeightFileNames.Stems[1]}.safetensors, no variant of them and no index of shards. Copy the checkpoint again, whole.", folder);
    }
}
