using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Text;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>What the UNet is told of sentences.</summary>
/// <param name="States">The context of its cross-attention [n, positions, width].</param>
/// <param name="Pooled">The pooled text [n, projection]; null for families without.</param>
internal sealed record Context(Tensor States, Tensor? Pooled);

/// <summary>
/// Runs sentences through a model's text encoders, layer by layer in float64, as its pipeline does: the last normed state for Stable Diffusion
/// 1 and 2; for XL the states before the last layer of both, side by side, and the projected end row of the second.
/// </summary>
internal static class ContextStates
{
    /// <summary>Runs groups of sentences.</summary>
    /// <param name="checkpoint">The base.</param>
    /// <param name="plans">The plan for each encoder's tokenizer.</param>
    /// <param name="groups">The groups, as the plan of a tokenizer has them; groups without sentences give null.</param>
    /// <param name="cancellation">Stops between two layers.</param>
    public static ImmutableArray<Context?> Read(Checkpoint checkpoint, ImmutableArray<EditPlan> plans, ImmutableArray<Func<EditPlan, long[][]>> groups, CancellationToken cancellation)
    {
        using var noGrad = no_grad();
        var isXl = checkpoint.TextEncoders.Length > 1;
        var parts = new List<Context?[]>();
        foreach (var (slot, plan) in checkpoint.TextEncoders.Zip(plans))
        {
            using var encoder = CLIPTextLayers.Open(checkpoint.Component(slot.Component), ScalarType.Float64);
            parts.Add(Run(encoder, [.. groups.Select(g => g(plan))], isXl, isXl && slot == checkpoint.TextEncoders[^1], cancellation));
        }

        return [.. Enumerable.Range(0, groups.Length).Select(g => parts[0][g] is null ? null : new Context(cat([.. parts.Select(p => p[g]!.States)], -1), parts[^1][g]!.Pooled))];
    }

    /// <summary>The plan for each text encoder of a model; rows must be the same for all, since their states lie side by side.</summary>
    /// <exception cref="EditException">MG1007.</exception>
    public static ImmutableArray<EditPlan> Plans(Checkpoint checkpoint, CheckpointTokenizers tokenizers, Func<CLIPTokenizer, EditPlan> plan)
    {
        ImmutableArray<EditPlan> plans = [.. checkpoint.TextEncoders.Select(e => plan(tokenizers.Take(e.Tokenizer)))];
        foreach (var other in plans.Skip(1))
        {
            if (other.OldPositions.SequenceEqual(plans[0].OldPositions) && other.NewPositions.SequenceEqual(plans[0].NewPositions) && other.CaptionIds.Length == plans[0].CaptionIds.Length) continue;
            throw new EditException("MG1007", $"The tokenizers of '{checkpoint.Path}' split the names of the policy differently, so that the states of its text encoders do not belong to the same words. Choose a method that edits the text encoders.");
        }

        return plans;
    }

    private static Context?[] Run(CLIPTextLayers encoder, long[][][] groups, bool isPenultimate, bool isPooled, CancellationToken cancellation)
    {
        var readers = groups.Select(ids => ids.Length > 0 ? new KeyReader(encoder.Embed, ids) : null).ToArray();
        try
        {
            var depth = encoder.Config.NumHiddenLayers;
            Pass(0, isPenultimate ? depth - 1 : depth);
            var states = readers.Select(r => r?.State()).ToArray();
            if (!isPenultimate) return [.. states.Select(s => s is null ? null : new Context(encoder.FinalNorm(s), null))];
            if (!isPooled) return [.. states.Select(s => s is null ? null : new Context(s, null))];
            Pass(depth - 1, depth);
            return [.. readers.Select((r, i) => r is null ? null : new Context(states[i]!, encoder.Pool(encoder.FinalNorm(r.State()), tensor(groups[i].SelectMany(x => x).ToArray()).view(groups[i].Length, -1))))];
        }
        finally
        {
            foreach (var reader in readers) reader?.Dispose();
        }

        void Pass(int from, int to)
        {
            for (var layer = from; layer < to; layer++)
            {
                cancellation.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                using var module = encoder.LoadLayer(layer);
                foreach (var reader in readers) reader?.Pass(module);
            }
        }
    }
}
