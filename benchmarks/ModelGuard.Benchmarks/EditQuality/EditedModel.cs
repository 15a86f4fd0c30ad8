using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Editing;

namespace ModelGuard.Benchmarks.EditQuality;

/// <summary>An edited copy of the sample in a folder of its own, for as long as it is measured.</summary>
internal sealed class EditedModel : IDisposable
{
    private readonly string folder;

    public EditedModel(Checkpoint checkpoint, ImmutableArray<EditedTensor> edits, string work)
    {
        folder = Path.Combine(work, Path.GetRandomFileName());
        EditedFolder? edited = null;
        EditedCheckpoint.Publish(checkpoint, () => edits, folder, new PublishOptions(LinkRule.Refuse, DigestCache.None), e => edited = e);
        Digest = edited!.Digest;
        Pipeline = new Lazy<StableDiffusionPipeline>(() => StableDiffusionPipeline.Load(folder));
    }

    /// <summary>Root digest.</summary>
    public string Digest { get; }

    /// <summary>Its pipeline.</summary>
    public Lazy<StableDiffusionPipeline> Pipeline { get; }

    /// <inheritdoc />
    public void Dispose()
    {
        if (Pipeline.IsValueCreated) Pipeline.Value.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
