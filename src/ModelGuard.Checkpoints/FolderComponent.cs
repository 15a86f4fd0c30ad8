namespace ModelGuard.Checkpoints;

/// <summary>A component in a folder of its own: <c>config.json</c> and weights under the names that diffusers and transformers use.</summary>
internal sealed class FolderComponent(string folder) : Component
{
    private static readonly string[] WeightNames = ["model.safetensors", "diffusion_pytorch_model.safetensors"];

    public override string Name => Path.GetFileName(folder);

    public override string Place => folder;

    public override ConfigText Config => ReadConfig(Path.Combine(folder, "config.json"));

    /// <summary>The file that holds the weights.</summary>
    /// <exception cref="CheckpointException">MG0210 when only a pickle is there, MG0264 when nothing is.</exception>
    public string WeightsPath
    {
        get
        {
            var found = WeightNames.Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists);
            if (found is not null) return found;
            if (!Directory.Exists(folder)) throw new CheckpointException("MG0264", $"The component '{folder}' does not exist. Copy the checkpoint again, whole.", folder);
            var pickle = Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).FirstOrDefault(PickleFormats.IsPickle);
            if (pickle is not null) PickleFormats.Refuse(pickle);
            throw new CheckpointException("MG0264", $"The component '{folder}' holds neither {WeightNames[0]} nor {WeightNames[1]}. Copy the checkpoint again, whole; other file names (variants such as fp16, or several shards) are not read.", folder);
        }
    }

    public override ComponentWeights OpenWeights() => ComponentWeights.OfFile(WeightsPath);

    /// <summary>Reads a config file.</summary>
    /// <exception cref="CheckpointException">MG0220 when it is missing.</exception>
    internal static ConfigText ReadConfig(string path) => File.Exists(path)
        ? new ConfigText(File.ReadAllText(path), path)
        : throw new CheckpointException("MG0220", $"'{path}' is missing; a component of a diffusers checkpoint needs its config.", path);
}
