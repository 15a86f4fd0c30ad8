using System.Collections.Immutable;

namespace ModelGuard.Checkpoints;

/// <summary>A checkpoint as diffusers' <c>save_pretrained</c> lays it out: <c>model_index.json</c> and a folder for each component.</summary>
public sealed class DiffusersFolder : Checkpoint
{
    /// <summary>The file that makes a folder a checkpoint.</summary>
    public const string IndexName = "model_index.json";

    private readonly ModelIndex index;

    private DiffusersFolder(string path, ModelIndex index)
    {
        Path = path;
        this.index = index;
    }

    /// <inheritdoc />
    public override string Path { get; }

    /// <inheritdoc />
    public override ModelFamily Family => index.Family;

    /// <inheritdoc />
    public override ImmutableArray<TextEncoderSlot> TextEncoders => index.TextEncoders;

    /// <inheritdoc />
    public override ConfigText SchedulerConfig => FolderComponent.ReadConfig(System.IO.Path.Combine(Path, "scheduler", "scheduler_config.json"));

    /// <summary>Opens a folder and checks its index.</summary>
    /// <exception cref="CheckpointException">MG0261 when it is no checkpoint, MG0263 for a missing component.</exception>
    public static new DiffusersFolder Open(string path)
    {
        PickleFormats.Refuse(path);
        if (!Directory.Exists(path)) throw new CheckpointException("MG0261", $"The checkpoint '{path}' does not exist, or it is no folder. Name a diffusers folder, one that holds {IndexName}.", path);
        var file = System.IO.Path.Combine(path, IndexName);
        if (!File.Exists(file)) throw new CheckpointException("MG0261", $"'{path}' holds no {IndexName}, so it is no diffusers checkpoint. Name the folder that holds it.", path);
        if (FileSystem.IsPipe(file)) throw new CheckpointException("MG0261", $"'{file}' is a named pipe, not a file. Copy the checkpoint again, whole.", file);
        var contents = ModelIndex.Read(file);
        foreach (var name in contents.Required)
        {
            if (!contents.Components.Contains(name) || !Directory.Exists(System.IO.Path.Combine(path, name))) throw new CheckpointException("MG0263", $"The checkpoint '{path}' has no component '{name}'. Copy it again, whole.", path);
        }

        return new DiffusersFolder(path, contents);
    }

    /// <inheritdoc />
    public override Component Component(string name) => new FolderComponent(System.IO.Path.Combine(Path, name));

    /// <inheritdoc />
    public override string TokenizerFolder(string name) => System.IO.Path.Combine(Path, name);

    /// <inheritdoc />
    public override bool PipelineFlag(string key, bool defaultValue) => index.Flags.TryGetValue(key, out var value) ? value : defaultValue;
}
