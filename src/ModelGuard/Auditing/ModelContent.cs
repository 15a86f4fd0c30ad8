using ModelGuard.Caching;
using ModelGuard.Checkpoints;

namespace ModelGuard.Auditing;

/// <summary>What of a checkpoint its pictures depend on: its networks, tokenizers, scheduler and index, and no readme or safety checker beside them.</summary>
public static class ModelContent
{
    private const string Index = "model_index.json";

    /// <summary>A digest over these files alone.</summary>
    /// <param name="checkpoint">The checkpoint as it is opened: a variant is a part of its description.</param>
    /// <param name="files">All files of the checkpoint with their digests.</param>
    /// <param name="variant">The variant of the weights that is read, or null.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public static string Digest(Checkpoint checkpoint, IReadOnlyCollection<FileDigest> files, string? variant)
    {
        string[] folders = ["unet", "vae", "scheduler", .. checkpoint.TextEncoders.SelectMany(e => new[] { e.Component, e.Tokenizer })];
        // A single file, alone or in a folder of its own, is read as a whole.
        var isFolder = files.Any(f => f.Name == Index);
        return CacheKey.Of(
        [
            ("kind", "model-content-1"),
            ("settings", checkpoint.SettingsDigest() ?? ""),
            ("variant", variant ?? ""),
            .. files.Where(f => !isFolder || f.Name == Index || folders.Contains(f.Name.Split('/')[0], StringComparer.Ordinal)).Select(f => (f.Name, string.Concat(f.Resources.Select(r => Convert.ToHexStringLower(r.Sha256.AsSpan()))))),
        ]).Digest;
    }
}
