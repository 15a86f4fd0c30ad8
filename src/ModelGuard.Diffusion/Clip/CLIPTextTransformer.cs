using ModelGuard.Diffusion.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Clip;

/// <summary>The text tower: embeddings, causal encoder, final norm, pooling at the end token.</summary>
public sealed class CLIPTextTransformer : Module<Tensor, Tensor?, CLIPTextOutput>
{
    private readonly CLIPTextEmbeddings embeddings;
    private readonly CLIPEncoder encoder;
    private readonly LayerNorm final_layer_norm;
    private readonly long eosTokenId;

    /// <summary>Creates the tower; <paramref name="layers"/> cuts the stack short for work that needs only its beginning.</summary>
    public CLIPTextTransformer(CLIPTextConfig config, int? layers = null)
        : base(nameof(CLIPTextTransformer))
    {
        var activation = ActivationFunction.ByName(config.HiddenAct, config.Place);
        embeddings = new CLIPTextEmbeddings(config);
        encoder = new CLIPEncoder(Enumerable.Range(0, layers ?? config.NumHiddenLayers)
            .Select(_ => new CLIPEncoderLayer(config.HiddenSize, config.NumAttentionHeads, config.IntermediateSize, config.LayerNormEps, activation)));
        final_layer_norm = new LayerNorm(config.HiddenSize, config.LayerNormEps);
        eosTokenId = config.EosTokenId;
        RegisterComponents();
    }

    /// <summary>Ids [n, tokens] (int64) → the state before the first layer [n, tokens, width].</summary>
    public Tensor Embed(Tensor inputIds) => embeddings.call(inputIds);

    /// <summary>Ids [n] and the positions at which they stand [n] (int64) → their states before the first layer [n, width].</summary>
    public Tensor Embed(Tensor ids, Tensor positions) => embeddings.At(ids, positions);

    /// <summary>The table of token embeddings [entries, width].</summary>
    public Tensor TokenTable => embeddings.TokenTable;

    /// <summary>Ids of any shape → their token embeddings, without positions [.., width].</summary>
    public Tensor TokenEmbeddings(Tensor ids) => embeddings.Tokens(ids);

    /// <summary>The norm behind the last layer: states [n, tokens, width] → the same shape.</summary>
    public Tensor FinalNorm(Tensor states) => final_layer_norm.call(states);

    /// <summary>How many layers the stack has.</summary>
    public int LayerCount => encoder.LayerCount;

    /// <summary>A layer of the stack, numbered from 0.</summary>
    public CLIPEncoderLayer Layer(int index) => encoder.Layer(index);

    /// <summary>States [n, tokens, width] → additive mask [1, 1, tokens, tokens]: −∞ for everything behind a token.</summary>
    public static Tensor CausalMask(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        return full([hidden.shape[1], hidden.shape[1]], float.NegativeInfinity, hidden.dtype, hidden.device).triu(1).unsqueeze(0).unsqueeze(0).MoveToOuterDisposeScope();
    }

    /// <summary>States [n, tokens, width] and their ids [n, tokens] → the rows at the first end token [n, width].</summary>
    internal static Tensor EndRows(Tensor states, Tensor inputIds, long eosTokenId)
    {
        using var scope = NewDisposeScope();
        var end = eosTokenId == 2 ? inputIds.argmax(-1) : inputIds.eq(eosTokenId).to(ScalarType.Int32).argmax(-1);
        return states.take_along_dim(end.view(-1, 1, 1).expand(-1, 1, states.shape[2]), 1).squeeze(1).MoveToOuterDisposeScope();
    }

    /// <summary>Ids [n, tokens] (int64), optional mask [n, tokens] with 1 for tokens that count → states; see <see cref="CLIPTextOutput"/>.</summary>
    public override CLIPTextOutput forward(Tensor inputIds, Tensor? attentionMask)
    {
        using var scope = NewDisposeScope();
        var hidden = embeddings.call(inputIds);
        var mask = CausalMask(hidden);
        if (attentionMask is not null)
        {
            // The begin token is always visible, so no row of the sum is all −∞.
            var ignored = attentionMask.eq(0).unsqueeze(1).unsqueeze(1);
            mask = mask.masked_fill(ignored, float.NegativeInfinity);
        }

        return Finish(inputIds, encoder.call(hidden, mask));
    }

    /// <summary>Goes on in the middle: ids [n, tokens] (int64) and the state before a layer [n, tokens, width] → as <c>forward</c> without a mask; <see cref="CLIPTextOutput.HiddenStates"/> begins with that state.</summary>
    public CLIPTextOutput Continue(Tensor inputIds, Tensor hidden, int firstLayer)
    {
        using var scope = NewDisposeScope();
        return Finish(inputIds, encoder.Continue(hidden.alias(), CausalMask(hidden), firstLayer));
    }

    private CLIPTextOutput Finish(Tensor inputIds, IReadOnlyList<Tensor> states)
    {
        var last = final_layer_norm.call(states[^1]);
        var pooled = EndRows(last, inputIds, eosTokenId);
        return new CLIPTextOutput([.. states.Select(s => s.MoveToOuterDisposeScope())], last.MoveToOuterDisposeScope(), pooled.MoveToOuterDisposeScope());
    }
}
