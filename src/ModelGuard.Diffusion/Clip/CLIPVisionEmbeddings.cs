using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Clip;

/// <summary>Patches, a class token and positions.</summary>
public sealed class CLIPVisionEmbeddings : Module<Tensor, Tensor>
{
    private readonly Parameter class_embedding;
    private readonly Layers.Conv2d patch_embedding;
    private readonly Layers.Embedding position_embedding;

    /// <summary>Creates the tables.</summary>
    public CLIPVisionEmbeddings(CLIPVisionConfig config)
        : base(nameof(CLIPVisionEmbeddings))
    {
        var side = config.ImageSize / config.PatchSize;
        class_embedding = Layers.EmptyParameter.Of(config.HiddenSize);
        patch_embedding = new Layers.Conv2d(config.NumChannels, config.HiddenSize, config.PatchSize, stride: config.PatchSize, hasBias: false);
        position_embedding = new Layers.Embedding((side * side) + 1, config.HiddenSize);
        RegisterComponents();
    }

    /// <summary>Pictures [n, 3, size, size] → [n, patches + 1, width].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var patches = patch_embedding.call(input).flatten(2).transpose(1, 2);
        var tokens = cat([class_embedding.expand(input.shape[0], 1, -1), patches], 1);
        var positions = arange(tokens.shape[1], dtype: ScalarType.Int64, device: input.device);
        return (tokens + position_embedding.call(positions)).MoveToOuterDisposeScope();
    }
}
