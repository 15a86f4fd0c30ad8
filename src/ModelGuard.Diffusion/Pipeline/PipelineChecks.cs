using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Unet;
using ModelGuard.Diffusion.Vae;

namespace ModelGuard.Diffusion.Pipeline;

/// <summary>Refuses components that do not fit together, which otherwise end in an error of LibTorch about shapes.</summary>
internal sealed class PipelineChecks(string path)
{
    // Original height and width, crop from the top and the left, target height and width.
    private const long SizesTold = 6;

    /// <summary>Whether these make one text-to-image model.</summary>
    /// <exception cref="CheckpointException">MG0229.</exception>
    public void RequireOneModel(UNet2DConditionConfig unet, AutoencoderKLConfig vae, ImmutableArray<PipelineTextEncoder> encoders, bool isXL)
    {
        Require(unet.InChannels == vae.LatentChannels, "unet/in_channels", unet.InChannels, "equal vae/latent_channels", vae.LatentChannels);
        Require(unet.OutChannels == vae.LatentChannels, "unet/out_channels", unet.OutChannels, "equal vae/latent_channels", vae.LatentChannels);
        var sizes = string.Join(" + ", encoders.Select(e => e.Component + "/hidden_size"));
        var width = encoders.Sum(e => e.Model.Config.HiddenSize);
        Require(unet.CrossAttentionDim == width, "unet/cross_attention_dim", unet.CrossAttentionDim, "equal " + sizes, width);
        foreach (var (component, model, tokenizer) in encoders)
        {
            Require(tokenizer.MaxLength <= model.Config.MaxPositionEmbeddings, $"{component}: model_max_length of its tokenizer", tokenizer.MaxLength, "not exceed max_position_embeddings", model.Config.MaxPositionEmbeddings);
            Require(tokenizer.MaxLength == encoders[0].Tokenizer.MaxLength, $"{component}: model_max_length of its tokenizer", tokenizer.MaxLength, "equal that of the first tokenizer", encoders[0].Tokenizer.MaxLength);
        }

        RequireAddition(unet, encoders[^1], isXL);
    }

    private void RequireAddition(UNet2DConditionConfig unet, PipelineTextEncoder last, bool isXL)
    {
        if (isXL != unet.AdditionEmbedding is not null)
        {
            throw Refusal(isXL ? "unet/addition_embed_type is null; Stable Diffusion XL needs \"text_time\"" : "unet/addition_embed_type is \"text_time\", which only Stable Diffusion XL has");
        }

        if (unet.AdditionEmbedding is not { } addition) return;
        if (!last.Model.Config.HasProjection) throw Refusal($"{last.Component} has no text_projection, whose output the UNet needs");
        var input = last.Model.Config.ProjectionDim + (SizesTold * addition.TimeEmbedDim);
        Require(addition.InputDim == input, "unet/projection_class_embeddings_input_dim", addition.InputDim, FormattableString.Invariant($"equal {last.Component}/projection_dim + {SizesTold} × addition_time_embed_dim"), input);
    }

    private void Require(bool holds, string key, long value, string rule, long other)
    {
        if (!holds) throw Refusal(FormattableString.Invariant($"{key} is {value}; it must {rule}, which is {other}"));
    }

    private CheckpointException Refusal(string what) => new("MG0229", $"The components of '{path}' do not make a text-to-image model: {what}.", path);
}
