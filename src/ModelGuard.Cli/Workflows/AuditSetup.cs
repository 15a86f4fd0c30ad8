using ModelGuard.Auditing;
using ModelGuard.Caching;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Commands;
using ModelGuard.Cli.Terminal;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;
using ModelGuard.Reports;

namespace ModelGuard.Cli.Workflows;

/// <summary>The models of an audit: known by their digests, and loaded when something has to be computed with them.</summary>
internal sealed class AuditSetup : IDisposable
{
    private AuditSetup(AuditOrigin origin, AuditModel edited, AuditModel baseline, AuditScorer scorer)
    {
        Origin = origin;
        Edited = edited;
        Base = baseline;
        Scorer = scorer;
    }

    /// <summary>What the measurements come from.</summary>
    public AuditOrigin Origin { get; }

    /// <summary>The checkpoint that is judged; the same object as <see cref="Base"/> when it is its own base.</summary>
    public AuditModel Edited { get; }

    /// <summary>The base.</summary>
    public AuditModel Base { get; }

    /// <summary>The CLIP.</summary>
    public AuditScorer Scorer { get; }

    /// <summary>Opens all three and takes their digests; no weights are loaded.</summary>
    /// <exception cref="CheckpointException">One of them is not there, or is no model of its kind.</exception>
    public static AuditSetup Open(Policy policy, string modelPath, TracePlace place, ContentCache cache, Output output, CancellationToken cancellation)
    {
        var device = ComputeDevice.Parse(place.Device);
        var type = ComputeType.Parse(place.Dtype, device);
        var (basePath, scorerPath) = (policy.Resolve(policy.Model.Base), policy.Resolve(policy.Scorer));
        ClipScorer.RequireFolder(scorerPath);
        var environment = Backend.Describe(place.Device, place.Dtype);
        var scorerDigest = PictureScoring.DigestOf(scorerPath);
        var (baseDigest, baseline) = Load(basePath);
        var (modelDigest, edited) = Load(modelPath);
        var scorer = new AuditScorer(() => ClipScorer.Load(scorerPath, device), $"{Digests.RootDigest(scorerPath, place.Links, DigestCache.None, cancellation: cancellation)} {environment} {EditWorkflow.ToolVersion}");
        var origin = new AuditOrigin(EditWorkflow.ToolVersion, new PolicyReference(Path.GetFileName(policy.Path), policy.Digest), new ModelReference(Path.GetFileName(basePath), baseDigest), new ModelReference(Path.GetFileName(modelPath), modelDigest), environment, scorerDigest, PictureBatches.Of(CheckpointOpening.Open(basePath, policy, output)));
        return new AuditSetup(origin, modelDigest == baseDigest ? baseline : edited, baseline, scorer);

        (string Digest, AuditModel Model) Load(string path)
        {
            var checkpoint = CheckpointOpening.Open(path, policy, output);
            checkpoint.RequireGeneration();
            var files = Digests.Files(path, place.Links, DigestCache.None, cancellation);
            var digest = Digests.Root(files);
            var scores = PictureScoring.Store(checkpoint, digest, scorerDigest, Audit.Settings(policy.Generation), environment, cache);
            return (digest, new AuditModel(() => StableDiffusionPipeline.Load(checkpoint, device, type), $"{ModelContent.Digest(checkpoint, files, policy.Model.Variant)} {environment} {EditWorkflow.ToolVersion}", scores));
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Edited.Dispose();
        if (!ReferenceEquals(Edited, Base)) Base.Dispose();
        Scorer.Dispose();
    }
}
