using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Blocks;

/// <summary>A stack of transformer blocks over the pixels of a feature map, with a residual around it.</summary>
public sealed class Transformer2DModel : Module<Tensor, Tensor, Tensor>
{
    private const double NormEps = 1e-6;
    private readonly Layers.GroupNorm norm;
    private readonly Module<Tensor, Tensor> proj_in;
    private readonly ModuleList<BasicTransformerBlock> transformer_blocks;
    private readonly Module<Tensor, Tensor> proj_out;
    private readonly bool linear;

    /// <summary>Creates the stack; SD1 projects by 1×1 convolutions, SD2 and SDXL by linear layers.</summary>
    public Transformer2DModel(long channels, long contextWidth, long heads, long layers, long groups, bool useLinearProjection)
        : base(nameof(Transformer2DModel))
    {
        linear = useLinearProjection;
        norm = new Layers.GroupNorm(groups, channels, NormEps);
        proj_in = linear ? new Layers.Linear(channels, channels) : new Layers.Conv2d(channels, channels, 1);
        transformer_blocks = new ModuleList<BasicTransformerBlock>([.. Enumerable.Range(0, checked((int)layers)).Select(_ => new BasicTransformerBlock(channels, contextWidth, heads))]);
        proj_out = linear ? new Layers.Linear(channels, channels) : new Layers.Conv2d(channels, channels, 1);
        RegisterComponents();
    }

    /// <summary>[n, channels, h, w] and text states → [n, channels, h, w].</summary>
    public override Tensor forward(Tensor input, Tensor context)
    {
        using var scope = NewDisposeScope();
        long channels = input.shape[1], height = input.shape[2], width = input.shape[3];
        var hidden = norm.call(input);
        hidden = linear ? proj_in.call(ToTokens(hidden)) : ToTokens(proj_in.call(hidden));
        foreach (var block in transformer_blocks) hidden = block.call(hidden, context);
        hidden = linear ? ToMap(proj_out.call(hidden)) : proj_out.call(ToMap(hidden));
        return (hidden + BatchRows.Repeat(input, hidden.shape[0])).MoveToOuterDisposeScope();

        Tensor ToTokens(Tensor map) => map.permute(0, 2, 3, 1).reshape(map.shape[0], height * width, channels);

        Tensor ToMap(Tensor tokens) => tokens.view(tokens.shape[0], height, width, channels).permute(0, 3, 1, 2).contiguous();
    }
}
