using System.Collections.Immutable;
using ModelGuard.Diffusion.Text;

namespace ModelGuard.Fingerprints;

/// <summary>Canary prompts as a text encoder reads them.</summary>
/// <param name="Ids">Ids of each prompt [n][positions], all cut to the longest: an encoder is causal, so what comes behind the end token changes nothing before it.</param>
/// <param name="Ends">Position of each prompt's end token.</param>
internal sealed record Canaries(long[][] Ids, ImmutableArray<int> Ends)
{
    /// <summary>Encodes prompts.</summary>
    public static Canaries Encode(IEnumerable<string> prompts, CLIPTokenizer tokenizer)
    {
        long[][] ids = [.. prompts.Select(p => tokenizer.Encode(p).ToArray())];
        ImmutableArray<int> ends = [.. ids.Select(i => Array.IndexOf(i, tokenizer.EosId, 1))];
        var length = ends.DefaultIfEmpty(0).Max() + 1;
        return new Canaries([.. ids.Select(i => i[..length])], ends);
    }
}
