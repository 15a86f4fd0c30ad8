namespace ModelGuard.Diffusion.Clip;

/// <summary>Parts of the weights of a <see cref="CLIPEncoderLayer"/>, in the order in which states meet them.</summary>
[Flags]
public enum LayerParts
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><c>layer_norm1</c> and the projections to queries, keys and values: enough for <see cref="CLIPEncoderLayer.Heads"/>.</summary>
    Heads = 1,

    /// <summary><c>self_attn.out_proj</c>.</summary>
    OutProj = 2,

    /// <summary><c>layer_norm2</c> and <c>mlp.fc1</c>: with <see cref="OutProj"/> enough for <see cref="CLIPEncoderLayer.Features"/>.</summary>
    Features = 4,

    /// <summary><c>mlp.fc2</c>: with <see cref="OutProj"/> enough for <see cref="CLIPEncoderLayer.Complete(TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor)"/>.</summary>
    Fc2 = 8,

    /// <summary>The whole layer.</summary>
    All = Heads | OutProj | Features | Fc2,
}
