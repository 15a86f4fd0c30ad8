using ModelGuard.Diffusion.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Clip;

/// <summary>Token plus position embeddings.</summary>
public sealed class CLIPTextEmbeddings : Module<Tensor, Tensor>
{
    private readonly Embedding token_embedding;
    private readonly Embedding position_embedding;

    /// <summary>Creates both tables.</summary>
    public CLIPTextEmbeddings(CLIPTextConfig config)
        : base(nameof(CLIPTextEmbeddings))
    {
        token_embedding = new Embedding(config.VocabSize, config.HiddenSize);
        position_embedding = new Embedding(config.MaxPositionEmbeddings, config.HiddenSize);
        RegisterComponents();
    }

    /// <summary>The table of token embeddings [entries, width].</summary>
    public Tensor TokenTable => token_embedding.Weight;

    /// <summary>Ids of any shape → their token embeddings, without positions [.., width].</summary>
    public Tensor Tokens(Tensor ids) => token_embedding.call(ids);

    /// <summary>Ids and the positions at which they stand, of shapes that broadcast → their sum [.., width].</summary>
    public Tensor At(Tensor ids, Tensor positions)
    {
        using var scope = NewDisposeScope();
        return (token_embedding.call(ids) + position_embedding.call(positions)).MoveToOuterDisposeScope();
    }

    /// <summary>Ids [n, tokens] → [n, tokens, width].</summary>
    public override Tensor forward(Tensor input)
    {
        using var positions = arange(input.shape[1], dtype: ScalarType.Int64, device: input.device);
        return At(input, positions);
    }
}
