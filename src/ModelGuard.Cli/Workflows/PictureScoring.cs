using ModelGuard.Caching;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Reports;
using ModelGuard.Tracing;

namespace ModelGuard.Cli.Workflows;

/// <summary>What scores of pictures depend on besides the picture, the same for traces and audits, so that each finds what the other drew.</summary>
internal static class PictureScoring
{
    /// <summary>The scorer by its weights.</summary>
    public static string DigestOf(string scorer) => "sha256:" + Convert.ToHexStringLower(Digests.Sha256OfFile(Path.Combine(scorer, "model.safetensors")));

    /// <summary>The store for pictures of one checkpoint.</summary>
    public static ScoreStore Store(Checkpoint checkpoint, string digest, string scorerDigest, GenerationSettings generation, ComputeEnvironment environment, ContentCache cache) =>
        new(cache, $"{digest} {scorerDigest} {checkpoint.SettingsDigest()} {generation} {environment} {EditWorkflow.ToolVersion}");
}
