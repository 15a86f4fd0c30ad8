using System.Collections.Immutable;
using ModelGuard.Checkpoints.Folders;

namespace ModelGuard.Checkpoints;

/// <summary>A checkpoint as diffusers' <c>save_pretrained</c> lays it out: <c>model_index.json</c> and a folder for each component.</summary>
public sealed class DiffusersFolder : Checkpoint
{
    /// <summary>The file that makes a folder a checkpoint.</summary>
    public const string IndexName = "model_index.json";

    private readonly ModelIndex index;
    private readonly CheckpointOptions options;

    private DiffusersFolder(string path, ModelIndex index, CheckpointOptions options)
    {
        Path = path;
        this.index = index;
        this.options = options;
    }

    /// <inheritdoc />
    public override string Path { get; }

    /// <inheritdoc />
    public override ModelFamily Family => index.Family;

    /// <inheritdoc />
    public override ImmutableArray<TextEncoderSlot> TextEncoders => index.TextEncoders;

    /// <inheritdoc />
    public override ConfigText SchedulerConfig => FolderComponent.ReadConfig(System.IO.Path.Combine(Path, "scheduler", "scheduler_config.json"));

    /// <inheritdoc />
    public override IReadOnlyList<string> RootWeightFiles => [.. Directory.EnumerateFiles(Path).Where(WeightFileNames.HoldsWeights).Order(StringComparer.Ordinal)];

    /// <inheritdoc />
    public override IReadOnlyList<string> Notes => options.Companion is { } companion
        ? [$"'{Path}' is a diffusers folder and brings its own configs and tokenizers; the components of '{companion}' were not used."]
        : [];

    /// <summary>Opens a folder and checks its index.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="options">What the path does not say.</param>
    /// <exception cref="CheckpointException">MG0261 when it is no checkpoint, MG0263 for a missing component, MG0219 for a variant that none has.</exception>
    public static new DiffusersFolder Open(string path, CheckpointOptions? options = null)
    {
        PickleFormats.Refuse(path);
        if (!Directory.Exists(path)) throw new CheckpointException("MG0261", $"The checkpoint '{path}' does not exist, or it is no folder. Name a diffusers folder, one that holds {IndexName}.", path);
        var file = System.IO.Path.Combine(path, IndexName);
        if (!File.Exists(file) && Directory.EnumerateFiles(path, "*.safetensors").Count() is > 1 and var count) throw new CheckpointException("MG0261", FormattableString.Invariant($"'{path}' holds no {IndexName} and {count} safetensors files, so it is not clear which of them is the checkpoint. Name the file."), path);
        if (!File.Exists(file)) throw new CheckpointException("MG0261", $"'{path}' holds no {IndexName}, so it is no diffusers checkpoint. Name the folder that holds it.", path);
        if (FileSystem.IsPipe(file)) throw new CheckpointException("MG0261", $"'{file}' is a named pipe, not a file. Copy the checkpoint again, whole.", file);
        var contents = ModelIndex.Read(file);
        foreach (var name in contents.Required)
        {
            if (!contents.Components.Contains(name) || !Directory.Exists(System.IO.Path.Combine(path, name))) throw new CheckpointException("MG0263", $"The checkpoint '{path}' has no component '{name}'. Copy it again, whole.", path);
        }

        var choice = options ?? CheckpointOptions.Default;
        RequireVariant(path, contents, choice.Variant);
        return new DiffusersFolder(path, contents, choice);
    }

    /// <inheritdoc />
    public override Component Component(string name) => new FolderComponent(System.IO.Path.Combine(Path, name), options.Variant);

    /// <inheritdoc />
    public override string TokenizerFolder(string name) => System.IO.Path.Combine(Path, name);

    /// <inheritdoc />
    public override bool PipelineFlag(string key, bool defaultValue) => index.Flags.TryGetValue(key, out var value) ? value : defaultValue;

    // Each component may lack a variant; a name that none knows is a mistake.
    private static void RequireVariant(string path, ModelIndex contents, string? variant)
    {
        if (variant is null) return;
        var variants = WeightForm.Variants(contents.Components.Select(c => System.IO.Path.Combine(path, c)).Where(Directory.Exists).SelectMany(f => WeightForm.In(f)));
        if (variants.Contains(variant, StringComparer.Ordinal)) return;
        var there = variants.IsEmpty ? "its components have default weights only" : $"its components have {WeightForm.List(variants)}";
        throw new CheckpointException("MG0219", $"No component of '{path}' has the variant '{variant}'; {there}. Name one that is there, or none.", path);
    }
}
