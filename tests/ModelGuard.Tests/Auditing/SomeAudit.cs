using System.Collections.Immutable;
using ModelGuard.Auditing;
using ModelGuard.Caching;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;
using ModelGuard.Tracing;

namespace ModelGuard.Tests.Auditing;

/// <summary>Audits of models in memory.</summary>
internal static class SomeAudit
{
    public static AuditModel Model(StableDiffusionPipeline pipeline, string context = "model") => new(() => pipeline, context, ScoreStore.InMemory());

    /// <summary>A model that is known by its digest alone.</summary>
    public static AuditModel Unloaded(string context) => new(() => throw new InvalidOperationException("Nothing may be loaded."), context, ScoreStore.InMemory());

    public static AuditScorer Scorer(ClipScorer clip) => new(() => clip, "scorer");

    public static AuditScorer UnloadedScorer() => new(() => throw new InvalidOperationException("Nothing may be loaded."), "scorer");

    /// <summary>A whole audit of models with names of their own, kept nowhere.</summary>
    public static SubjectMeasurements[] Run(StableDiffusionPipeline edited, StableDiffusionPipeline? baseline, ClipScorer scorer, Policy policy, IProgress<AuditProgress>? progress = null, Action<AuditPicture>? keep = null)
    {
        var model = Model(edited, "edited");
        var other = ReferenceEquals(edited, baseline) ? model : baseline is null ? null : Model(baseline, "base");
        return [.. Run(new Audit(model, other, Scorer(scorer), policy, ContentCache.None) { Keep = keep }, AuditPlan.Of(policy, 32, baseline is not null), progress)];
    }

    public static ImmutableArray<SubjectMeasurements> Run(Audit audit, AuditPlan plan, IProgress<AuditProgress>? progress = null) => plan.Assemble(audit.Run(plan.Units, progress));
}
