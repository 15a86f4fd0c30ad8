using System.Collections.Immutable;
using System.Globalization;
using ModelGuard.Caching;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Commands;
using ModelGuard.Cli.Terminal;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Diffusion.Text;
using ModelGuard.Editing;
using ModelGuard.Editing.Hardening;
using ModelGuard.Fingerprints;
using ModelGuard.Policies;
using ModelGuard.Reports;
using ModelGuard.Tracing;

namespace ModelGuard.Cli.Workflows;

/// <summary>Solves a policy's edit of a base, to publish it or to hold it against what somebody published.</summary>
internal sealed class EditSolving(Policy policy, Checkpoint checkpoint, Output output)
{
    private ImmutableArray<LayerChoice> choices = [];
    private ImmutableArray<HardeningRound> rounds = [];

    /// <summary>Where second moments of ordinary text are kept.</summary>
    public ContentCache Cache { get; init; } = ContentCache.None;

    /// <summary>Digests of the base's files that are known.</summary>
    public DigestCache Digests { get; init; } = DigestCache.None;

    /// <summary>The base's tokenizers.</summary>
    public CheckpointTokenizers Tokenizers { get; } = new(checkpoint);

    /// <summary>Lets a trace of the base choose the layers where the policy leaves them open.</summary>
    public void ChooseLayers(CancellationToken cancellation)
    {
        // Pictures of other families are not made here, and what of their encoders reaches the picture is not known.
        if (!LayerChoices.AreLeftTo(policy) || !checkpoint.Family.CanGenerate || checkpoint.TextEncoders.IsEmpty) return;
        using var line = output.Progress("Tracing");
        using var pipeline = StableDiffusionPipeline.Load(checkpoint);
        choices = LayerChoices.Choose(pipeline, policy, new TraceForwarder(line), cancellation);
        foreach (var choice in choices)
        {
            var layers = string.Join(", ", choice.Layers);
            output.Say(choice.IsLocalised
                ? $"The trace of '{choice.Component}' finds the concepts in layer(s) {layers}, which are edited."
                : $"The trace of '{choice.Component}' finds no single layer for {string.Join(", ", choice.Evidence.Where(e => e.Conclusion != TraceConclusion.Localised).Select(e => $"'{e.Concept}'"))}: all layers are edited.");
        }
    }

    /// <summary>The edited tensors.</summary>
    /// <param name="upstream">As <see cref="EditTask.Upstream"/>.</param>
    /// <param name="cancellation">Stops between two layers.</param>
    public ImmutableArray<EditedTensor> Solve(Checkpoint? upstream, CancellationToken cancellation)
    {
        NativeBackend.ReturnLargeBlocks();
        rounds = [];
        return EditMethods.Solve(new EditTask(checkpoint, policy)
        {
            Cache = Cache,
            Digests = Digests,
            Tokenizers = Tokenizers,
            TracedLayers = choices.ToImmutableDictionary(c => c.Component, c => c.Layers, StringComparer.Ordinal),
            Upstream = upstream,
            Hardening = Add,
            Cancellation = cancellation,
        });
    }

    /// <summary>What a report says of the edit, whenever it is made.</summary>
    /// <param name="original">The base.</param>
    /// <param name="model">The edited model.</param>
    /// <param name="edits">Its edited tensors.</param>
    /// <param name="leftOut">Files of the base that it leaves out.</param>
    public EditReport Describe(ModelReference original, ModelReference model, ImmutableArray<EditedTensor> edits, ImmutableArray<string> leftOut) => new()
    {
        ToolVersion = EditWorkflow.ToolVersion,
        Policy = new PolicyReference(Path.GetFileName(policy.Path), policy.Digest),
        Base = original,
        SettingsDigest = checkpoint.SettingsDigest(),
        Model = model,
        Environment = Backend.DescribeEdit(),
        Edit = policy.Edit,
        LayerChoices = choices,
        Edits = edits,
        TextPaths = TextPaths.Of(checkpoint, edits),
        Fingerprint = ModelFingerprint.Of(policy, edits),
        LeftOut = leftOut,
        Hardening = rounds,
    };

    private void Add(HardeningRound round)
    {
        rounds = rounds.Add(round);
        var found = round.Found.IsEmpty ? "nothing" : string.Join(" and ", round.Found.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Value} by {f.Key}")));
        output.Say(string.Create(CultureInfo.InvariantCulture, $"Hardening, round {round.Number}: of {round.Searched} sentence(s) {found} found{round.Outcome switch { HardeningOutcome.Held => "; the edit holds.", HardeningOutcome.Solved => "; solved again.", _ => "; a preserved prompt would drift too far, so the solution before stays." }}"));
    }
}
