using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Configuration;

namespace ModelGuard.Cli.Starting;

/// <summary>Finds folders with a whole CLIP, by their configs alone.</summary>
internal static class ScorerFolders
{
    private const string ConfigName = "config.json";
    private const string Clip = "clip";

    /// <summary>A folder that somebody named, if it is a scorer.</summary>
    /// <exception cref="CheckpointException">MG0266 for no folder, MG0220 for one without a config, MG0222 for another model, MG0210 or MG0264 for weights that are not read or missing.</exception>
    public static string Require(string folder)
    {
        ClipScorer.RequireFolder(folder);
        var config = Path.Combine(folder, ConfigName);
        if (Kind(config) is var kind && kind != Clip) throw new CheckpointException("MG0222", $"'{config}' describes '{kind}', but a scorer is a whole CLIP ('{Clip}'). Name a CLIP folder.", config);
        _ = Component.OfFolder(folder).WeightFiles;
        return folder;
    }

    /// <summary>The only scorer beside a model; null where there is none, or several.</summary>
    public static string? Beside(string model)
    {
        var parent = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model)));
        return parent is not null && Directory.EnumerateDirectories(parent).Where(IsScorer).Take(2).ToArray() is [var only] ? only : null;
    }

    private static bool IsScorer(string folder)
    {
        try
        {
            return File.Exists(Path.Combine(folder, ConfigName)) && Kind(Path.Combine(folder, ConfigName)) == Clip;
        }
        catch (Exception e) when (e is CheckpointException or IOException or UnauthorizedAccessException)
        {
            // Whatever else lies there is none.
            return false;
        }
    }

    private static string Kind(string config) => ModelConfig.Read(config).Text("model_type", "");
}
