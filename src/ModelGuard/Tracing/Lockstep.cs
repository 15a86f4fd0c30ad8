using System.Collections.Immutable;
using ModelGuard.Diffusion.Hooks;
using ModelGuard.Diffusion.Pipeline;
using static TorchSharp.torch;

namespace ModelGuard.Tracing;

/// <summary>What is written at a site.</summary>
internal enum PatchMode
{
    /// <summary>The state of another row of the batch.</summary>
    Copy,

    /// <summary>A step as long as the one to the other row's state, in a direction that means nothing.</summary>
    RandomDirection,
}

/// <summary>One row's patch.</summary>
/// <param name="Row">The row that is patched.</param>
/// <param name="Source">The row whose state it gets.</param>
/// <param name="Site">Where.</param>
/// <param name="Mode">How.</param>
internal sealed record LockstepPatch(int Row, int Source, TraceSite Site, PatchMode Mode = PatchMode.Copy);

/// <summary>
/// Pictures that are drawn side by side, some of which take a module's state from others at every timestep. So nothing of a run is stored: the
/// states of one run of Stable Diffusion 1.5 would be 35 GB.
/// </summary>
internal static class Lockstep
{
    /// <summary>Draws one batch.</summary>
    /// <param name="pipeline">Draws.</param>
    /// <param name="items">Names and seeds.</param>
    /// <param name="states">Text states, one row an item.</param>
    /// <param name="patches">The patches.</param>
    /// <param name="settings">How; with guidance both halves of the batch are patched.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    public static ImmutableArray<GeneratedPicture> Generate(StableDiffusionPipeline pipeline, IReadOnlyList<GenerationItem> items, PromptStates states, IReadOnlyList<LockstepPatch> patches, GenerationSettings settings, CancellationToken cancellation)
    {
        var halves = settings.GuidanceScale > 1 ? new[] { 0, items.Count } : [0];
        var hooks = new List<IDisposable>();
        try
        {
            foreach (var gathered in patches.SelectMany(p => UNetSites.Modules(pipeline.Unet, p.Site).Select(path => (Path: path, Patch: p))).GroupBy(p => (p.Path, p.Patch.Mode)))
            {
                (long From, long To)[] copies = [.. from half in halves from p in gathered select ((long)p.Patch.Source + half, (long)p.Patch.Row + half)];
                hooks.Add(gathered.Key.Mode == PatchMode.Copy ? ActivationHooks.CopyOutputRows(pipeline.Unet, gathered.Key.Path, copies) : RandomStep(pipeline, gathered.Key.Path, copies));
            }

            return [.. pipeline.Generate(items, states, settings, areTogether: true, null, cancellation)];
        }
        finally
        {
            hooks.ForEach(h => h.Dispose());
        }
    }

    private static IDisposable RandomStep(StableDiffusionPipeline pipeline, string path, (long From, long To)[] copies)
    {
        var call = 0;
        return ActivationHooks.OnOutput(pipeline.Unet, path, x =>
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator((ulong)(++call), CPU);
            var (from, to) = (tensor(copies.Select(c => c.From).ToArray(), device: x.device), tensor(copies.Select(c => c.To).ToArray(), device: x.device));
            var rows = x.index_select(0, to);
            var length = (x.index_select(0, from) - rows).flatten(1).norm(1);
            var direction = randn([.. rows.shape], generator: generator).to(x.dtype, x.device);
            long[] one = [-1, .. Enumerable.Repeat(1L, rows.shape.Length - 1)];
            var step = direction / direction.flatten(1).norm(1).view(one) * length.view(one);
            return x.index_copy(0, to, rows + step).MoveToOuterDisposeScope();
        });
    }
}
