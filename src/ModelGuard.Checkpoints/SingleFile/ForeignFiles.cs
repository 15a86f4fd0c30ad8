namespace ModelGuard.Checkpoints.SingleFile;

/// <summary>Safetensors files that are no single-file checkpoint of Stable Diffusion, told by their tensors' names (diffusers' <c>infer_diffusers_model_type</c> and others).</summary>
internal static class ForeignFiles
{
    private const string Unet = "model.diffusion_model.";
    private const string WholeCheckpoint = "Name the checkpoint that it was made for.";
    private const string Folder = "Name the diffusers folder of the model, the one that holds model_index.json.";

    /// <summary>The rest of a sentence that begins with the file's name; null for a checkpoint that may be one.</summary>
    public static string? Describe(IReadOnlyCollection<TensorInfo> tensors)
    {
        if (tensors.Count == 0) return "holds no tensors, so it is no checkpoint. Copy it again.";
        if (Any("lora_down.") || Any("lora_up.") || Any(".lora_A.") || Any(".lora_B.") || Any(".lora.down") || Any("hada_w1") || Any("lokr_w")) return $"holds a LoRA, a change to a checkpoint and not one itself. {WholeCheckpoint}";
        if (Starts("control_model.") || Starts("controlnet_") || Starts("input_hint_block.")) return $"holds a ControlNet, not a checkpoint. {WholeCheckpoint}";
        if (Any("joint_blocks.0.")) return $"is a single file of Stable Diffusion 3, whose text encoders are read from a diffusers folder only. {Folder}";
        if (Any("double_blocks.0.") || Any("double_stream_blocks.0.")) return $"is a single file of FLUX or a model like it, whose text encoders are read from a diffusers folder only. {Folder}";
        if (tensors.Any(t => t.Name == "edm_mean")) return $"is a single file of Playground v2.5, whose VAE and scheduler this version does not run. {Folder}";
        if (Starts(Unet))
        {
            if (!Starts(Unet + "input_blocks.")) return "holds a network that is no UNet of Stable Diffusion. Use a checkpoint of Stable Diffusion 1, 2 or XL.";
            if (Starts("embedder.model.")) return $"is a single file of Stable unCLIP, which this version does not run. {Folder}";
            if (!Starts("cond_stage_model.transformer.") && !Starts("cond_stage_model.model.") && !Starts("conditioner.embedders.0.model.") && !Starts("conditioner.embedders.1.model.")) return "holds a UNet but no text encoder, so there is nothing that an edit could work on. Use a whole checkpoint.";
            return null;
        }

        return $"{DescribeOne()} {Folder}";

        string DescribeOne()
        {
            if (Starts("vision_model.")) return "holds a whole CLIP, which judges pictures and makes none; it goes into 'scorer' of a policy as a folder.";
            if (Starts("encoder.block.")) return "holds a T5 text encoder alone, not a checkpoint.";
            if (Starts("text_model.") || Starts("cond_stage_model.") || Starts("conditioner.") || Starts("transformer.resblocks.")) return "holds a text encoder alone, not a checkpoint.";
            if (Starts("encoder.") || Starts("decoder.") || Starts("first_stage_model.")) return "holds a VAE alone, not a checkpoint.";
            if (Starts("down_blocks.") || Starts("input_blocks.")) return "holds a UNet alone, not a checkpoint.";
            if (Starts("transformer_blocks.")) return "holds a diffusion transformer alone, not a checkpoint.";
            if (tensors.Any(t => t.Name is "emb_params" or "clip_l" or "clip_g")) return "holds the embedding of a textual inversion, not a checkpoint.";
            return $"is no single-file checkpoint of Stable Diffusion: none of its {FormattableString.Invariant($"{tensors.Count}")} tensors begins with '{Unet}', and the first is called '{tensors.First().Name}'.";
        }

        bool Starts(string prefix) => tensors.Any(t => t.Name.StartsWith(prefix, StringComparison.Ordinal));

        bool Any(string part) => tensors.Any(t => t.Name.Contains(part, StringComparison.Ordinal));
    }

    /// <summary>What a UNet with so many input channels is.</summary>
    public static string DescribeChannels(long channels) => channels switch
    {
        5 => "a depth model",
        7 => "an upscaler",
        8 => "InstructPix2Pix or a model like it",
        9 => "an inpainting model",
        _ => "a kind of model that is not known here",
    };
}
