using System.Collections.Immutable;
using ModelGuard.Diffusion.Clip;
using static TorchSharp.torch;

namespace ModelGuard.Tracing;

/// <summary>
/// What a site writes into the result by itself: its clean state takes the place of the corrupted one in the sum that the last norm sees, and
/// nothing downstream is computed anew (a path-specific effect, Pearl, 2001; the severed paths of Meng et al., 2022, section 2.3). A site with
/// a large effect and a small direct one hands the knowledge on; where the direct one is large, it is written out.
/// </summary>
internal static class DirectEffects
{
    /// <summary>Name of the measure.</summary>
    public const string Measure = "hidden-state-direct";

    /// <summary>The same grid as <paramref name="total"/>, without windows.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="total">The trace in <see cref="EmbeddingMeasure.HiddenState"/>.</param>
    /// <param name="states">What of the encoder's output reaches cross-attention.</param>
    public static PromptTrace Of(EncoderRuns runs, PromptTrace total, Func<CLIPTextOutput, Tensor> states) => total with
    {
        Cells = [.. total.Cells.Where(c => c.Site.Count == 1).Select(c => c with { Restored = total.Rows[c.Row].Role == TokenRole.Before ? total.Low : Restored(runs, c.Site, total.Rows[c.Row].Positions, states) })],
    };

    private static ImmutableArray<double> Restored(EncoderRuns runs, TraceSite site, ImmutableArray<int> positions, Func<CLIPTextOutput, Tensor> states)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var mask = zeros([1, runs.Prompt.Ids.Length, 1], device: runs.Clean.Ids.device);
        foreach (var position in positions) mask[0, position, 0] = 1;
        var step = (runs.Clean[site.Kind, site.First] - runs.Corrupted[site.Kind, site.First]) * mask;
        // The residual stream carries what a layer adds to every state behind it.
        Tensor[] after = [.. Enumerable.Range(0, runs.Layers).Select(layer => layer < site.First ? runs.Corrupted[SiteKind.Block, layer] : runs.Corrupted[SiteKind.Block, layer] + step)];
        var output = runs.Corrupted.Output with { HiddenStates = [runs.Corrupted.Embedded, .. after], LastHiddenState = runs.Model.Tower.FinalNorm(after[^1]) };
        return [.. EmbeddingMeasure.Nearness(states(output), states(runs.Clean.Output))];
    }
}
