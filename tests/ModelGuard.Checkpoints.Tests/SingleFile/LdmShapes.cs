using System.Collections.Immutable;

namespace ModelGuard.Checkpoints.Tests.SingleFile;

/// <summary>Names and shapes of published single files, built as the original code builds the networks (<c>openaimodel.py</c>, <c>model.py</c> of CompVis and Stability AI, OpenCLIP).</summary>
internal sealed class LdmShapes
{
    private readonly List<TensorInfo> tensors = [];

    public static ImmutableArray<TensorInfo> Sd15(int inChannels = 4) => new LdmShapes().Unet(inChannels, [1, 2, 4, 4], [1, 1, 1, 0], middle: 1, context: 768, isLinear: false, added: 0).Vae().Clip("cond_stage_model.transformer.").Done();

    public static ImmutableArray<TensorInfo> Sd21() => new LdmShapes().Unet(4, [1, 2, 4, 4], [1, 1, 1, 0], middle: 1, context: 1024, isLinear: true, added: 0).Vae().OpenClip("cond_stage_model.model.", 24, 1024).Done();

    public static ImmutableArray<TensorInfo> SdxlBase() => new LdmShapes().Unet(4, [1, 2, 4], [0, 2, 10], middle: 10, context: 2048, isLinear: true, added: 2816).Vae().Clip("conditioner.embedders.0.transformer.").OpenClip("conditioner.embedders.1.model.", 32, 1280).Done();

    public static ImmutableArray<TensorInfo> SdxlRefiner() => new LdmShapes().Unet(4, [1, 2, 4, 4], [0, 4, 4, 0], middle: 4, context: 1280, isLinear: true, added: 2560, width: 384).Vae().OpenClip("conditioner.embedders.0.model.", 32, 1280).Done();

    private ImmutableArray<TensorInfo> Done()
    {
        // The indices of positions, the noise schedule, and an average of the weights.
        Add("alphas_cumprod", [1000]);
        Add("model_ema.decay", []);
        return [.. tensors];
    }

    private LdmShapes Unet(int inChannels, int[] multipliers, int[] depths, int middle, int context, bool isLinear, int added, int width = 320)
    {
        const string Root = "model.diffusion_model.";
        var time = 4 * width;
        Layer(Root + "time_embed.0", [time, width]);
        Layer(Root + "time_embed.2", [time, time]);
        if (added > 0)
        {
            Layer(Root + "label_emb.0.0", [time, added]);
            Layer(Root + "label_emb.0.2", [time, time]);
        }

        Layer(Root + "input_blocks.0.0", [width, inChannels, 3, 3]);
        var (channels, step) = (width, 1);
        var skips = new Stack<int>([width]);
        for (var level = 0; level < multipliers.Length; level++)
        {
            for (var i = 0; i < 2; i++, step++)
            {
                Block(FormattableString.Invariant($"{Root}input_blocks.{step}"), channels, channels = width * multipliers[level], depths[level]);
                skips.Push(channels);
            }

            if (level == multipliers.Length - 1) continue;
            Layer(FormattableString.Invariant($"{Root}input_blocks.{step++}.0.op"), [channels, channels, 3, 3]);
            skips.Push(channels);
        }

        Resnet(Root + "middle_block.0", channels, channels, time);
        Transformer(Root + "middle_block.1", channels, middle, context, isLinear);
        Resnet(Root + "middle_block.2", channels, channels, time);
        step = 0;
        for (var level = multipliers.Length - 1; level >= 0; level--)
        {
            for (var i = 0; i < 3; i++, step++)
            {
                Block(FormattableString.Invariant($"{Root}output_blocks.{step}"), channels + skips.Pop(), channels = width * multipliers[level], depths[level]);
                if (i == 2 && level > 0) Layer(FormattableString.Invariant($"{Root}output_blocks.{step}.{(depths[level] > 0 ? 2 : 1)}.conv"), [channels, channels, 3, 3]);
            }
        }

        Layer(Root + "out.0", [width]);
        Layer(Root + "out.2", [4, width, 3, 3]);
        return this;

        void Block(string name, int from, int to, int depth)
        {
            Resnet($"{name}.0", from, to, time);
            if (depth > 0) Transformer($"{name}.1", to, depth, context, isLinear);
        }
    }

    private void Resnet(string name, int from, int to, int time)
    {
        Layer($"{name}.in_layers.0", [from]);
        Layer($"{name}.in_layers.2", [to, from, 3, 3]);
        Layer($"{name}.emb_layers.1", [to, time]);
        Layer($"{name}.out_layers.0", [to]);
        Layer($"{name}.out_layers.3", [to, to, 3, 3]);
        if (from != to) Layer($"{name}.skip_connection", [to, from, 1, 1]);
    }

    private void Transformer(string name, int width, int depth, int context, bool isLinear)
    {
        long[] projection = isLinear ? [width, width] : [width, width, 1, 1];
        Layer($"{name}.norm", [width]);
        Layer($"{name}.proj_in", projection);
        for (var i = 0; i < depth; i++)
        {
            var block = FormattableString.Invariant($"{name}.transformer_blocks.{i}");
            foreach (var (attention, states) in new[] { ("attn1", width), ("attn2", context) })
            {
                Add($"{block}.{attention}.to_q.weight", [width, width]);
                Add($"{block}.{attention}.to_k.weight", [width, states]);
                Add($"{block}.{attention}.to_v.weight", [width, states]);
                Layer($"{block}.{attention}.to_out.0", [width, width]);
            }

            Layer($"{block}.ff.net.0.proj", [8 * width, width]);
            Layer($"{block}.ff.net.2", [width, 4 * width]);
            for (var norm = 1; norm <= 3; norm++) Layer(FormattableString.Invariant($"{block}.norm{norm}"), [width]);
        }

        Layer($"{name}.proj_out", projection);
    }

    private LdmShapes Vae()
    {
        const string Root = "first_stage_model.";
        int[] widths = [128, 256, 512, 512];
        Layer(Root + "encoder.conv_in", [128, 3, 3, 3]);
        var width = 128;
        for (var i = 0; i < 4; i++)
        {
            for (var j = 0; j < 2; j++) Block(FormattableString.Invariant($"{Root}encoder.down.{i}.block.{j}"), width, width = widths[i]);
            if (i < 3) Layer(FormattableString.Invariant($"{Root}encoder.down.{i}.downsample.conv"), [width, width, 3, 3]);
        }

        Middle(Root + "encoder");
        Layer(Root + "encoder.norm_out", [512]);
        Layer(Root + "encoder.conv_out", [8, 512, 3, 3]);
        Layer(Root + "quant_conv", [8, 8, 1, 1]);
        Layer(Root + "post_quant_conv", [4, 4, 1, 1]);
        Layer(Root + "decoder.conv_in", [512, 4, 3, 3]);
        Middle(Root + "decoder");
        for (var i = 3; i >= 0; i--)
        {
            for (var j = 0; j < 3; j++) Block(FormattableString.Invariant($"{Root}decoder.up.{i}.block.{j}"), width, width = widths[i]);
            if (i > 0) Layer(FormattableString.Invariant($"{Root}decoder.up.{i}.upsample.conv"), [width, width, 3, 3]);
        }

        Layer(Root + "decoder.norm_out", [128]);
        Layer(Root + "decoder.conv_out", [3, 128, 3, 3]);
        return this;

        void Middle(string half)
        {
            Block($"{half}.mid.block_1", 512, 512);
            Layer($"{half}.mid.attn_1.norm", [512]);
            foreach (var layer in new[] { "q", "k", "v", "proj_out" }) Layer($"{half}.mid.attn_1.{layer}", [512, 512, 1, 1]);
            Block($"{half}.mid.block_2", 512, 512);
        }

        void Block(string name, int from, int to)
        {
            Layer($"{name}.norm1", [from]);
            Layer($"{name}.conv1", [to, from, 3, 3]);
            Layer($"{name}.norm2", [to]);
            Layer($"{name}.conv2", [to, to, 3, 3]);
            if (from != to) Layer($"{name}.nin_shortcut", [to, from, 1, 1]);
        }
    }

    private LdmShapes Clip(string prefix)
    {
        var root = prefix + "text_model.";
        Add(root + "embeddings.position_ids", [1, 77]);
        Add(root + "embeddings.token_embedding.weight", [49408, 768]);
        Add(root + "embeddings.position_embedding.weight", [77, 768]);
        for (var i = 0; i < 12; i++)
        {
            var layer = FormattableString.Invariant($"{root}encoder.layers.{i}");
            foreach (var name in new[] { "k_proj", "v_proj", "q_proj", "out_proj" }) Layer($"{layer}.self_attn.{name}", [768, 768]);
            Layer($"{layer}.layer_norm1", [768]);
            Layer($"{layer}.mlp.fc1", [3072, 768]);
            Layer($"{layer}.mlp.fc2", [768, 3072]);
            Layer($"{layer}.layer_norm2", [768]);
        }

        Layer(root + "final_layer_norm", [768]);
        return this;
    }

    private LdmShapes OpenClip(string root, int layers, int width)
    {
        Add(root + "positional_embedding", [77, width]);
        Add(root + "text_projection", [width, width]);
        Add(root + "logit_scale", []);
        for (var i = 0; i < layers; i++)
        {
            var layer = FormattableString.Invariant($"{root}transformer.resblocks.{i}");
            Layer($"{layer}.ln_1", [width]);
            Add($"{layer}.attn.in_proj_weight", [3 * width, width]);
            Add($"{layer}.attn.in_proj_bias", [3 * width]);
            Layer($"{layer}.attn.out_proj", [width, width]);
            Layer($"{layer}.ln_2", [width]);
            Layer($"{layer}.mlp.c_fc", [4 * width, width]);
            Layer($"{layer}.mlp.c_proj", [width, 4 * width]);
        }

        Add(root + "token_embedding.weight", [49408, width]);
        Layer(root + "ln_final", [width]);
        return this;
    }

    private void Layer(string name, long[] weight)
    {
        Add($"{name}.weight", weight);
        Add($"{name}.bias", weight[..1]);
    }

    private void Add(string name, long[] shape) => tensors.Add(new TensorInfo(name, TensorDataType.F16, [.. shape], 0, 2 * shape.Aggregate(1L, (p, s) => p * s)));
}
