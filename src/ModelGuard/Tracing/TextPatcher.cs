using System.Collections.Immutable;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Hooks;
using static TorchSharp.torch;

namespace ModelGuard.Tracing;

/// <summary>One row of a patched batch.</summary>
/// <param name="Run">The run that it goes on from.</param>
/// <param name="Draw">The draw whose states are written.</param>
/// <param name="Sites">What is replaced; nothing when empty.</param>
/// <param name="Positions">At which positions.</param>
internal sealed record PatchedRow(int Run, int Draw, ImmutableArray<TraceSite> Sites, ImmutableArray<int> Positions);

/// <summary>Goes on with runs of a text encoder from the first layer that is patched: what lies before it would come out the same.</summary>
internal static class TextPatcher
{
    /// <summary>Runs rows together, each with its own patch; the caller disposes the result.</summary>
    /// <param name="encoder">The text encoder.</param>
    /// <param name="into">The runs.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="source">What is written.</param>
    /// <param name="firstLayer">The layer to begin with; no site lies before it.</param>
    public static CLIPTextOutput Run(CLIPTextModel encoder, TextStates into, IReadOnlyList<PatchedRow> rows, IStateSource source, int firstLayer)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var runs = tensor(rows.Select(r => (long)r.Run).ToArray(), device: into.Ids.device);
        var draws = tensor(rows.Select(r => (long)r.Draw).ToArray(), device: into.Ids.device);
        var hooks = new List<IDisposable>();
        try
        {
            foreach (var (kind, layer) in rows.SelectMany(States).Distinct())
            {
                var mask = Mask(rows, kind, layer, into.Ids);
                var states = source.Get(kind, layer, draws);
                hooks.Add(ActivationHooks.OnOutput(encoder, TraceSite.PathOf(kind, layer), x => where(mask, states, x)));
            }

            return encoder.Continue(into.Ids.index_select(0, runs), into.Before(firstLayer).index_select(0, runs), firstLayer).MoveToOuter();
        }
        finally
        {
            hooks.ForEach(h => h.Dispose());
        }
    }

    private static IEnumerable<(SiteKind Kind, int Layer)> States(PatchedRow row) => row.Sites.SelectMany(s => Enumerable.Range(s.First, s.Count).Select(layer => (s.Kind, layer)));

    /// <summary>True where a row is replaced at this state [rows, tokens, 1].</summary>
    private static Tensor Mask(IReadOnlyList<PatchedRow> rows, SiteKind kind, int layer, Tensor ids)
    {
        var tokens = checked((int)ids.shape[1]);
        var mask = new bool[rows.Count * tokens];
        for (var r = 0; r < rows.Count; r++)
        {
            if (!States(rows[r]).Contains((kind, layer))) continue;
            foreach (var position in rows[r].Positions) mask[(r * tokens) + position] = true;
        }

        return tensor(mask, device: ids.device).view(rows.Count, tokens, 1);
    }
}
