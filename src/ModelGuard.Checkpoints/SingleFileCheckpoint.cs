using System.Collections.Immutable;
using ModelGuard.Checkpoints.Folders;
using ModelGuard.Checkpoints.SingleFile;

namespace ModelGuard.Checkpoints;

/// <summary>
/// A checkpoint in one safetensors file, in the layout of CompVis and Stability AI that A1111 and ComfyUI use. Configs and tokenizers come from
/// a companion folder, from the file's metadata, from its shapes, and from folders beside it.
/// </summary>
public sealed class SingleFileCheckpoint : Checkpoint
{
    private const string SecondTokenizer = "tokenizer_2";
    private readonly SingleFileSource source;
    private readonly CheckpointOptions options;

    private SingleFileCheckpoint(string path, SingleFileSource source, CheckpointOptions options)
    {
        Path = path;
        this.source = source;
        this.options = options;
    }

    /// <inheritdoc />
    public override string Path { get; }

    /// <summary>The file with the weights: <see cref="Path"/>, or the one in that folder.</summary>
    public string WeightFile => source.Path;

    /// <inheritdoc />
    public override ModelFamily Family => source.Layout.Family;

    /// <inheritdoc />
    public override ImmutableArray<TextEncoderSlot> TextEncoders => source.Layout.TextEncoders;

    /// <inheritdoc />
    public override ConfigText SchedulerConfig => source.SchedulerConfig;

    /// <inheritdoc />
    public override IReadOnlyList<string> RootWeightFiles => Directory.Exists(Path)
        ? [.. Directory.EnumerateFiles(Path).Where(f => WeightFileNames.HoldsWeights(f) && f != source.Path).Order(StringComparer.Ordinal)]
        : [];

    /// <inheritdoc />
    public override IReadOnlyList<string> Notes =>
    [
        .. source.Sampling.Assumption is { } assumption && source.SchedulerConfig.Json == source.Sampling.Scheduler(source.Layout) ? [assumption] : Array.Empty<string>(),
        .. options.Variant is { } variant ? [$"'{source.Path}' is a single file and has no variants; '{variant}' was not used."] : Array.Empty<string>(),
    ];

    /// <inheritdoc />
    public override ImmutableArray<ModelFile> SettingsFiles =>
    [
        .. (options.Companion is { } companion ? ModelFiles.Of(companion, LinkRule.Follow) : []).Where(f => !WeightFileNames.HoldsWeights(f.Name)),
        .. TextEncoders.Select(e => FindTokenizer(e.Tokenizer)).OfType<string>().Where(f => options.Companion is null || !f.StartsWith(options.Companion, StringComparison.Ordinal)).SelectMany(f => ModelFiles.Of(f, LinkRule.Follow)),
    ];

    internal SingleFileSource Source => source;

    /// <summary>Opens a single file; only its header is read.</summary>
    /// <param name="path">A safetensors file, or a folder that holds exactly one at its root and no <c>model_index.json</c>.</param>
    /// <param name="options">The companion folder.</param>
    /// <exception cref="CheckpointException">MG0210, MG0261 or MG0269 for what is no single-file checkpoint, MG0274 for a companion that does not fit.</exception>
    public static new SingleFileCheckpoint Open(string path, CheckpointOptions? options = null)
    {
        PickleFormats.Refuse(path);
        var file = In(path) ?? path;
        if (!File.Exists(file)) throw new CheckpointException("MG0261", $"The checkpoint '{path}' does not exist, or it is a folder without exactly one safetensors file. Name a single-file checkpoint.", path);
        if (!HasExtension(file)) throw new CheckpointException("MG0261", $"'{file}' is no checkpoint: a single file ends in .safetensors. Name one, or a diffusers folder.", path);
        var choice = options ?? CheckpointOptions.Default;
        return new SingleFileCheckpoint(path, SingleFileSource.Read(file, choice.Companion), choice);
    }

    /// <summary>The only safetensors file at the root of a folder that is no diffusers folder; else null.</summary>
    internal static string? In(string folder)
    {
        if (!Directory.Exists(folder) || File.Exists(System.IO.Path.Combine(folder, DiffusersFolder.IndexName))) return null;
        string[] files = [.. Directory.EnumerateFiles(folder).Where(f => HasExtension(f) && System.IO.Path.GetFileName(f) != ModelFiles.DeltaName).Take(2)];
        return files is [var only] ? only : null;
    }

    /// <inheritdoc />
    public override Component Component(string name) => source.Layout.Parts.FirstOrDefault(p => p.Component == name) is { } part
        ? new SingleFileComponent(source, part)
        : throw new CheckpointException("MG0263", $"The checkpoint '{source.Path}' has no component '{name}'. It has {WeightForm.List(source.Layout.Parts.Select(p => p.Component))}.", source.Path);

    /// <inheritdoc />
    public override string TokenizerFolder(string name) => FindTokenizer(name) ?? (name == SecondTokenizer ? FindTokenizer("tokenizer") : null)
        ?? throw new CheckpointException("MG0268", $"'{source.Path}' is a single file and brings no '{name}'. Put the folder '{name}' of the model beside it, or name a diffusers folder that has it (--components, or 'model.components' in the policy).", source.Path);

    /// <inheritdoc />
    public override string? TokenizerPad(string name) => name == SecondTokenizer && FindTokenizer(name) is null ? "!" : null;

    /// <inheritdoc />
    public override bool PipelineFlag(string key, bool defaultValue) => source.Index?.Flags.TryGetValue(key, out var value) == true ? value : defaultValue;

    private static bool HasExtension(string path) => System.IO.Path.GetExtension(path).Equals(".safetensors", StringComparison.OrdinalIgnoreCase);

    private string? FindTokenizer(string name)
    {
        string?[] folders = [options.Companion, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(source.Path))];
        return folders.OfType<string>().Select(f => System.IO.Path.Combine(f, name)).FirstOrDefault(f => File.Exists(System.IO.Path.Combine(f, "vocab.json")));
    }
}
