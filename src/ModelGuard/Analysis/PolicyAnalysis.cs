using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diagnostics;
using ModelGuard.Diffusion.Text;
using ModelGuard.Policies;

namespace ModelGuard.Analysis;

/// <summary>What a policy is compared with.</summary>
public enum AnalysisDepth
{
    /// <summary>The tokens of its names; needs neither weights nor LibTorch.</summary>
    Tokens,

    /// <summary>Their keys, too: the embeddings that occur and a half of the first layer of each text encoder are read.</summary>
    Keys,
}

/// <summary>Looks for contradictions in a policy before anything is solved, as a type checker does, against the model that it is for.</summary>
public static class PolicyAnalysis
{
    /// <summary>Compares all names, targets and preserved prompts in each CLIP text encoder of the base.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="checkpoint">The base.</param>
    /// <param name="depth">How they are compared; methods that edit no text encoder have no keys there.</param>
    /// <param name="tokenizers">The base's tokenizers, where they are needed again; null to read and forget them.</param>
    /// <returns>MG1060 to MG1066, by place; what two encoders agree on is said once.</returns>
    /// <exception cref="CheckpointException">MG0268 for a base without a tokenizer, or another one for a base that cannot be used.</exception>
    public static ImmutableArray<Diagnostic> Find(Policy policy, Checkpoint checkpoint, AnalysisDepth depth, CheckpointTokenizers? tokenizers = null)
    {
        // One name contradicts nothing, and its target was looked at when the policy was read.
        if (policy.Concepts.Sum(c => c.Match.Length) + policy.Preserve.Length < 2) return [];
        var withKeys = depth == AnalysisDepth.Keys && !PolicyWords.CrossAttentionMethods.Contains(policy.Edit.Method);
        var found = checkpoint.TextEncoders.SelectMany(encoder =>
        {
            var tokenizer = tokenizers?.Get(encoder.Tokenizer) ?? CLIPTokenizer.Load(checkpoint, encoder.Tokenizer);
            return TokenAnalysis.Find(policy, tokenizer).AddRange(withKeys ? KeyAnalysis.Find(policy, checkpoint.Component(encoder.Component), tokenizer) : []);
        });
        return [.. found.Distinct().OrderBy(d => d.Location!.Line).ThenBy(d => d.Location!.Column).ThenBy(d => d.Code, StringComparer.Ordinal)];
    }
}
