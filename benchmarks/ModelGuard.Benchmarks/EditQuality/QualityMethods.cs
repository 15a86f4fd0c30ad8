using System.Collections.Immutable;
using ModelGuard.Benchmarks.EditQuality.Baselines;
using ModelGuard.Checkpoints;
using ModelGuard.Editing;
using ModelGuard.Policies;

namespace ModelGuard.Benchmarks.EditQuality;

/// <summary>A row of the table.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Settings">How it edits.</param>
internal sealed record QualityMethod(string Name, EditSection Settings)
{
    /// <summary>Trains instead of solving; null for a closed form.</summary>
    public FineTuning? FineTuning { get; init; }

    private static readonly EditSection Default = new("diff-quick-fix", [0], 0.01, TokenSelection.SubjectToEnd, 1, EditSection.DefaultTemplates) { Contexts = EditSection.DefaultContexts, CovarianceWeight = 10 };

    /// <summary>All rows.</summary>
    public static ImmutableArray<QualityMethod> All { get; } =
    [
        new("diff-quick-fix", Default),
        new("diff-quick-fix-all-layers", Default with { Layers = null }),
        new("diff-quick-fix-hard", Default with { Preserve = PreserveMode.Hard }),
        new("diff-quick-fix-plain", Default with { Contexts = 0, CovarianceWeight = 0, PreserveWeight = 0, Tokens = TokenSelection.LastSubject, Lambda = 0.01 }),
        new("diff-quick-fix-published", Default with { Method = "diff-quick-fix-published" }),
        new("text-encoder-mlp", Default with { Method = "text-encoder-mlp", Layers = null, Lambda = 0.1 }),
        new("uce", Default with { Method = "uce", Layers = null, Lambda = 0.5 }),
        new("uce-hardened", Default with { Method = "uce", Layers = null, Lambda = 0.5, Harden = 5 }),
        new("diff-quick-fix-uce", Default with { CrossAttention = "uce" }),
        new("diff-quick-fix-uce-hardened", Default with { CrossAttention = "uce", Harden = 5 }),
        new("loco-edit", Default with { Method = "loco-edit", Layers = null, Lambda = 0.01, Tokens = TokenSelection.LastSubject, Contexts = 0, Templates = ["{}", "a painting in the style of {}", "a photo of {}", "a picture of {}"] }),
        new("esd-x", Default) { FineTuning = new ErasedDiffusion(new FineTuningSettings(300, 2e-5, ["to_q", "to_k", "to_v", "to_out.0"])) },
        new("concept-ablation", Default) { FineTuning = new ConceptAblation(new FineTuningSettings(300, 2e-4, ["to_k", "to_v"])) },
    ];

    /// <summary>The tensors that the method changes.</summary>
    public ImmutableArray<EditedTensor> Edit(Checkpoint checkpoint, ImmutableArray<ShapeClass> removed, CancellationToken cancellation) => FineTuning is { } baseline
        ? baseline.Train(checkpoint, removed, cancellation)
        : EditMethods.Solve(new EditTask(checkpoint, QualityPolicy.Of(Settings, removed)) { Cancellation = cancellation });
}
