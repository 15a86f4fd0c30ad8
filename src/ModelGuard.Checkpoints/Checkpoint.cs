using System.Collections.Immutable;
using ModelGuard.Shared;

namespace ModelGuard.Checkpoints;

/// <summary>A text-to-image model on disk, whatever its layout. Opening reads indexes and headers only.</summary>
public abstract class Checkpoint
{
    /// <summary>The folder or file.</summary>
    public abstract string Path { get; }

    /// <summary>What it is.</summary>
    public abstract ModelFamily Family { get; }

    /// <summary>Its CLIP text encoders, in the pipeline's order: those that an edit can work on.</summary>
    public abstract ImmutableArray<TextEncoderSlot> TextEncoders { get; }

    /// <summary>The scheduler's settings.</summary>
    /// <exception cref="CheckpointException">MG0220 when they are missing.</exception>
    public abstract ConfigText SchedulerConfig { get; }

    /// <summary>A network of the pipeline.</summary>
    public abstract Component Component(string name);

    /// <summary>The folder of a tokenizer.</summary>
    /// <exception cref="CheckpointException">MG0268 when the layout brings none and none was named.</exception>
    public abstract string TokenizerFolder(string name);

    /// <summary>The pipeline's own setting of that name (a key of <c>model_index.json</c>), or the default.</summary>
    public abstract bool PipelineFlag(string key, bool defaultValue);

    /// <summary>Files beside the components that hold weights of the whole model once more, as some folders on hubs do; full names.</summary>
    public virtual IReadOnlyList<string> RootWeightFiles => [];

    /// <summary>What was assumed or left unused, in sentences for people.</summary>
    public virtual IReadOnlyList<string> Notes => [];

    /// <summary>
    /// The padding token of a tokenizer where its folder is not to be followed in this, or null. A single file without a second tokenizer uses
    /// the first one's vocabulary, padded with <c>!</c> as OpenCLIP does.
    /// </summary>
    public virtual string? TokenizerPad(string name) => null;

    /// <summary>Files outside the checkpoint that say how it is read (configs and tokenizers of a single file); the digest of the checkpoint does not cover them.</summary>
    /// <exception cref="CheckpointException">MG0265 as <see cref="ModelFiles.Of(string, LinkRule)"/>.</exception>
    public virtual ImmutableArray<ModelFile> SettingsFiles => [];

    /// <summary>The root digest of <see cref="SettingsFiles"/>; null when there are none.</summary>
    public string? SettingsDigest() => SettingsFiles is { IsEmpty: false } files ? "sha256:" + Convert.ToHexStringLower(RootDigest.Of(files.Select(f => ImmutableArray.Create(Digests.Sha256OfFile(f.Path))))) : null;

    /// <summary>Opens a checkpoint.</summary>
    /// <param name="path">A diffusers folder, a single-file checkpoint, or a folder that holds exactly one.</param>
    /// <param name="options">What the path does not say.</param>
    /// <exception cref="CheckpointException">MG0210, MG0219, MG0261, MG0263 or MG0269 for what is no checkpoint.</exception>
    public static Checkpoint Open(string path, CheckpointOptions? options = null) => File.Exists(path) || SingleFileCheckpoint.In(path) is not null
        ? SingleFileCheckpoint.Open(path, options)
        : DiffusersFolder.Open(path, options);

    /// <summary>Refuses a model whose pictures cannot be made here, and says what can be done with it.</summary>
    /// <exception cref="CheckpointException">MG0262.</exception>
    public void RequireGeneration()
    {
        if (Family.CanGenerate) return;
        var encoders = string.Join(" and ", TextEncoders.Select(e => $"'{e.Component}'"));
        var rest = TextEncoders.IsEmpty
            ? "It has no CLIP text encoder, so it cannot be edited either; digests and signatures work on it."
            : $"Its CLIP text encoder(s) {encoders} can be edited, and digests and signatures work on it.";
        throw new CheckpointException("MG0262", $"'{Path}' is {Family.Description}, whose pictures this version cannot make; it makes those of Stable Diffusion 1, 2 and XL. {rest}", Path);
    }
}
