using ModelGuard.Diffusion.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Clip;

/// <summary>The vision tower; its first norm is spelled <c>pre_layrnorm</c> in every checkpoint.</summary>
public sealed class CLIPVisionTransformer : Module<Tensor, CLIPVisionOutput>
{
    private readonly CLIPVisionEmbeddings embeddings;
    private readonly LayerNorm pre_layrnorm;
    private readonly CLIPEncoder encoder;
    private readonly LayerNorm post_layernorm;

    /// <summary>Creates the tower.</summary>
    public CLIPVisionTransformer(CLIPVisionConfig config)
        : base(nameof(CLIPVisionTransformer))
    {
        var activation = ActivationFunction.ByName(config.HiddenAct, config.Place);
        embeddings = new CLIPVisionEmbeddings(config);
        pre_layrnorm = new LayerNorm(config.HiddenSize, config.LayerNormEps);
        encoder = new CLIPEncoder(Enumerable.Range(0, config.NumHiddenLayers)
            .Select(_ => new CLIPEncoderLayer(config.HiddenSize, config.NumAttentionHeads, config.IntermediateSize, config.LayerNormEps, activation)));
        post_layernorm = new LayerNorm(config.HiddenSize, config.LayerNormEps);
        RegisterComponents();
    }

    /// <summary>Normalised pictures [n, 3, size, size] → states.</summary>
    public override CLIPVisionOutput forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var states = encoder.call(pre_layrnorm.call(embeddings.call(input)), null);
        var pooled = post_layernorm.call(states[^1].select(1, 0));
        return new CLIPVisionOutput([.. states.Select(s => s.MoveToOuterDisposeScope())], pooled.MoveToOuterDisposeScope());
    }
}
