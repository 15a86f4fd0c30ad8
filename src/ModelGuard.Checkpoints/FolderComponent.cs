using ModelGuard.Checkpoints.Folders;

namespace ModelGuard.Checkpoints;

/// <summary>A component in a folder of its own: <c>config.json</c> and weights under the names that diffusers and transformers use.</summary>
internal sealed class FolderComponent(string folder, string? variant = null) : Component
{
    public override string Name => Path.GetFileName(folder);

    public override string Place => folder;

    public override ConfigText Config => ReadConfig(Path.Combine(folder, "config.json"));

    public override IReadOnlyList<string> WeightFiles => WeightForm.Choose(folder, variant).Files;

    public override IReadOnlyList<string> OtherWeightFiles
    {
        get
        {
            var chosen = WeightForm.Choose(folder, variant);
            return [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(f => WeightFileNames.HoldsWeights(f) && f != chosen.Path)
                .Except(chosen.Files, StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)];
        }
    }

    public override ComponentWeights OpenWeights() => WeightForm.Choose(folder, variant).Open();

    /// <summary>Reads a config file.</summary>
    /// <exception cref="CheckpointException">MG0220 when it is missing.</exception>
    internal static ConfigText ReadConfig(string path) => File.Exists(path)
        ? new ConfigText(File.ReadAllText(path), path)
        : throw new CheckpointException("MG0220", $"'{path}' is missing; a component of a diffusers checkpoint needs its config.", path);
}
