using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Hooks;
using static TorchSharp.torch;

namespace ModelGuard.Tracing;

/// <summary>Runs of one prompt through a text encoder, with every state that a trace can restore.</summary>
internal sealed class TextStates : IDisposable
{
    /// <summary>The kinds of states of a text encoder.</summary>
    public static readonly SiteKind[] Kinds = [SiteKind.Block, SiteKind.SelfAttention, SiteKind.Mlp];

    private readonly Dictionary<(SiteKind Kind, int Layer), Tensor> states;

    private TextStates(Tensor ids, Tensor embedded, CLIPTextOutput output, Dictionary<(SiteKind Kind, int Layer), Tensor> states)
    {
        Ids = ids;
        Embedded = embedded;
        Output = output;
        this.states = states;
    }

    /// <summary>Ids [runs, tokens].</summary>
    public Tensor Ids { get; }

    /// <summary>The state before the first layer [runs, tokens, width].</summary>
    public Tensor Embedded { get; }

    /// <summary>What the encoder gave.</summary>
    public CLIPTextOutput Output { get; }

    /// <summary>A state [runs, tokens, width].</summary>
    public Tensor this[SiteKind kind, int layer] => states[(kind, layer)];

    /// <summary>The state before a layer [runs, tokens, width].</summary>
    public Tensor Before(int layer) => layer == 0 ? Embedded : states[(SiteKind.Block, layer - 1)];

    /// <summary>Runs the encoder and keeps its states.</summary>
    /// <param name="encoder">The text encoder.</param>
    /// <param name="layers">How many layers it has.</param>
    /// <param name="ids">Ids [runs, tokens].</param>
    /// <param name="embedded">The state before the first layer [runs, tokens, width].</param>
    public static TextStates Run(CLIPTextModel encoder, int layers, Tensor ids, Tensor embedded)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var read = new Dictionary<(SiteKind, int), Tensor>();
        var keys = Kinds.SelectMany(kind => Enumerable.Range(0, layers).Select(layer => (kind, layer)));
        IDisposable[] hooks = [.. keys.Select(key => ActivationHooks.OnOutput(encoder, TraceSite.PathOf(key.kind, key.layer), x =>
        {
            read[key] = x.alias().DetachFromDisposeScope();
            return x;
        }))];
        try
        {
            return new TextStates(ids.alias().DetachFromDisposeScope(), embedded.alias().DetachFromDisposeScope(), encoder.Continue(ids, embedded, 0).Detach(), read);
        }
        finally
        {
            foreach (var hook in hooks) hook.Dispose();
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var tensor in states.Values.Concat(Output.Tensors).Append(Ids).Append(Embedded)) tensor.Dispose();
    }
}
