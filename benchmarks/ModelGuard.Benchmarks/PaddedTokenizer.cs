using System.Globalization;
using System.Text.Json.Nodes;
using ModelGuard.Testing;

namespace ModelGuard.Benchmarks;

/// <summary>A CLIP tokenizer with as many entries as the real one, whose vocabulary is not part of the repository.</summary>
internal static class PaddedTokenizer
{
    private const int Entries = 49408;

    public static string Write(string folder)
    {
        var source = Path.Combine(RepositoryPaths.Golden, "sd1-tiny", "tokenizer");
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(source)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        var vocabulary = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "vocab.json")))!.AsObject();
        for (var id = vocabulary.Count; id < Entries; id++) vocabulary[string.Create(CultureInfo.InvariantCulture, $"unused{id}</w>")] = id;
        File.WriteAllText(Path.Combine(folder, "vocab.json"), vocabulary.ToJsonString());
        return folder;
    }
}
