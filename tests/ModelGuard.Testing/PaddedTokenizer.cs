using System.Text.Json.Nodes;

namespace ModelGuard.Testing;

/// <summary>A CLIP tokenizer with as many entries as the real one, whose vocabulary is not part of the repository.</summary>
public static class PaddedTokenizer
{
    /// <summary>Entries of the real one.</summary>
    public const int Entries = 49408;

    private const string EndOfWord = "</w>";

    /// <summary>Writes it into a folder, which is returned.</summary>
    public static string Write(string folder)
    {
        var source = Path.Combine(RepositoryPaths.Golden, "sd1-tiny", "tokenizer");
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(source)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        var vocabulary = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "vocab.json")))!.AsObject();
        List<string> merges = [];
        foreach (var (first, second) in PairsOfCharacters(vocabulary).TakeWhile(_ => vocabulary.Count < Entries))
        {
            if (!vocabulary.TryAdd(first + second, vocabulary.Count)) continue;
            merges.Add($"{first} {second}");
        }

        if (vocabulary.Count < Entries) throw new InvalidOperationException("The tokenizer's characters do not make enough words of two.");
        File.AppendAllLines(Path.Combine(folder, "merges.txt"), merges);
        File.WriteAllText(Path.Combine(folder, "vocab.json"), vocabulary.ToJsonString());
        return folder;
    }

    // Every entry needs a merge that makes it.
    private static IEnumerable<(string First, string Second)> PairsOfCharacters(JsonObject vocabulary)
    {
        string[] characters = [.. vocabulary.Select(entry => entry.Key).Where(key => key.Length == 1)];
        return from first in characters from second in characters select (first, second + EndOfWord);
    }
}
