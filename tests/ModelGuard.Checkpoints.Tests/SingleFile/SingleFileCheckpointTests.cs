namespace ModelGuard.Checkpoints.Tests.SingleFile;

public sealed class SingleFileCheckpointTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Path => folder["model.safetensors"];

    [Fact]
    public void A_folder_with_exactly_one_file_is_that_checkpoint()
    {
        SmallFile.OfModel("sd1-tiny", Path);
        File.WriteAllText(folder["model.ckpt"], "");

        var checkpoint = Assert.IsType<SingleFileCheckpoint>(Checkpoint.Open(folder.Path));

        Assert.Equal((folder.Path, Path), (checkpoint.Path, checkpoint.WeightFile));
        Assert.Equal([folder["model.ckpt"]], checkpoint.RootWeightFiles);
        Assert.Equal([Path], checkpoint.Component("unet").WeightFiles);
        Assert.Empty(checkpoint.Component("unet").OtherWeightFiles);
    }

    [Fact]
    public void A_folder_with_several_files_is_not_guessed_at()
    {
        SmallFile.Write(Path, []);
        SmallFile.Write(folder["other.safetensors"], []);

        AssertRefused("MG0261", folder.Path, "holds no model_index.json and 2 safetensors files, so it is not clear which of them is the checkpoint. Name the file.");
    }

    [Theory]
    [InlineData("model.txt", "MG0261", "a single file ends in .safetensors.")]
    [InlineData("model.ckpt", "MG0210", "Convert it to safetensors on a machine you can throw away")]
    public void A_file_of_another_kind_is_refused(string name, string code, string sentence)
    {
        File.WriteAllText(folder[name], "");

        AssertRefused(code, folder[name], sentence);
    }

    [Theory]
    [InlineData("lora_unet_down_blocks_0.lora_down.weight", "holds a LoRA, a change to a checkpoint and not one itself.")]
    [InlineData("unet.down_blocks.0.attn.lora_A.weight", "holds a LoRA")]
    [InlineData("control_model.input_blocks.0.0.weight", "holds a ControlNet, not a checkpoint.")]
    [InlineData("model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight", "is a single file of Stable Diffusion 3")]
    [InlineData("double_blocks.0.img_attn.norm.key_norm.scale", "is a single file of FLUX")]
    [InlineData("edm_mean", "is a single file of Playground v2.5")]
    [InlineData("model.diffusion_model.layers.0.weight", "holds a network that is no UNet of Stable Diffusion.")]
    [InlineData("model.diffusion_model.input_blocks.0.0.weight", "holds a UNet but no text encoder")]
    [InlineData("encoder.down.0.block.0.conv1.weight", "holds a VAE alone")]
    [InlineData("first_stage_model.encoder.conv_in.weight", "holds a VAE alone")]
    [InlineData("decoder.up_blocks.0.resnets.0.conv1.weight", "holds a VAE alone")]
    [InlineData("encoder.block.0.layer.0.SelfAttention.q.weight", "holds a T5 text encoder alone")]
    [InlineData("text_model.final_layer_norm.weight", "holds a text encoder alone")]
    [InlineData("conditioner.embedders.0.transformer.text_model.final_layer_norm.weight", "holds a text encoder alone")]
    [InlineData("vision_model.post_layernorm.weight", "holds a whole CLIP")]
    [InlineData("down_blocks.0.resnets.0.conv1.weight", "holds a UNet alone")]
    [InlineData("transformer_blocks.0.attn.to_q.weight", "holds a diffusion transformer alone")]
    [InlineData("emb_params", "holds the embedding of a textual inversion")]
    [InlineData("bert.encoder.weight", "is no single-file checkpoint of Stable Diffusion: none of its 1 tensors begins with 'model.diffusion_model.', and the first is called 'bert.encoder.weight'.")]
    public void A_file_that_is_something_else_is_named_for_what_it_is(string tensor, string sentence)
    {
        SmallFile.Write(Path, [(tensor, [1])]);

        AssertRefused("MG0269", Path, sentence);
    }

    [Fact]
    public void A_file_without_tensors_is_refused()
    {
        SmallFile.Write(Path, []);

        AssertRefused("MG0269", Path, "holds no tensors, so it is no checkpoint.");
    }

    [Theory]
    [InlineData(5, "a depth model")]
    [InlineData(7, "an upscaler")]
    [InlineData(8, "InstructPix2Pix or a model like it")]
    public void A_UNet_of_other_inputs_is_named_for_what_it_is(int channels, string name)
    {
        SmallFile.Write(Path, [("model.diffusion_model.input_blocks.0.0.weight", [1, channels, 1, 1]), ("cond_stage_model.transformer.text_model.final_layer_norm.weight", [1])]);

        AssertRefused("MG0269", Path, $"holds a UNet with {channels} input channels, {name}, which single files are not read of.");
    }

    [Fact]
    public void An_inpainting_model_makes_no_pictures_here_but_its_text_encoder_can_be_edited()
    {
        SmallFile.OfModel("sd1-tiny", Path, tensors => tensors.Select(t => t.Name == "model.diffusion_model.input_blocks.0.0.weight" ? t with { Shape = [16, 9, 3, 3], Bytes = new byte[4 * 16 * 9 * 9] } : t));

        var checkpoint = Checkpoint.Open(Path);

        Assert.Equal("MG0262", Assert.Throws<CheckpointException>(checkpoint.RequireGeneration).Code);
        Assert.NotEmpty(GoldenModel.Contents(checkpoint.Component("text_encoder")));
    }

    [Fact]
    public void The_old_names_of_the_first_text_encoder_are_read()
    {
        SmallFile.OfModel("sd1-tiny", Path, tensors => tensors.Select(t => t with { Name = t.Name.Replace("transformer.text_model.", "transformer.", StringComparison.Ordinal) }));

        Assert.Equal(GoldenModel.Contents(Checkpoint.Open(GoldenModel.Find("sd1-tiny")).Component("text_encoder")), GoldenModel.Contents(Checkpoint.Open(Path).Component("text_encoder")));
    }

    [Fact]
    public void A_file_may_lack_a_component_that_is_not_asked_for()
    {
        SmallFile.OfModel("sd1-tiny", Path, tensors => tensors.Where(t => !t.Name.StartsWith("first_stage_model.", StringComparison.Ordinal)));
        var checkpoint = Checkpoint.Open(Path);

        Assert.NotEmpty(GoldenModel.Contents(checkpoint.Component("unet")));
        AssertRefused("MG0264", () => checkpoint.Component("vae").OpenWeights(), $"'{Path}' holds no component 'vae': none of its tensors begins with 'first_stage_model.'.");
        AssertRefused("MG0263", () => checkpoint.Component("safety_checker"), $"The checkpoint '{Path}' has no component 'safety_checker'. It has 'text_encoder', 'unet', 'vae'.");
    }

    [Theory]
    [InlineData("sd1-tiny", "unet", "model.diffusion_model.input_blocks.1.0.in_layers.9.weight")]
    [InlineData("sd1-tiny", "unet", "model.diffusion_model.input_blocks.99.0.in_layers.0.weight")]
    [InlineData("sd1-tiny", "vae", "first_stage_model.encoder.mid.attn_2.q.weight")]
    [InlineData("sd1-tiny", "text_encoder", "cond_stage_model.transformer.embeddings.token_embedding.weight")]
    [InlineData("sd1-tiny", "text_encoder", "cond_stage_model.transformer.text_model.encoder.layers.99.layer_norm1.weight")]
    [InlineData("sd2-tiny", "text_encoder", "cond_stage_model.model.transformer.resblocks.99.ln_1.weight")]
    [InlineData("sdxl-tiny", "text_encoder_2", "conditioner.embedders.1.model.text_projection.weight")]
    public void A_tensor_among_those_of_a_component_that_no_layer_has_is_named(string model, string component, string tensor)
    {
        SmallFile.OfModel(model, Path, tensors => tensors.Add(new TensorSource(tensor, TensorDataType.F32, [1], new byte[4])));
        var checkpoint = Checkpoint.Open(Path);

        // Where two tensors stand for one, either of them may be called the one too many.
        var error = AssertRefused("MG0271", () => checkpoint.Component(component).OpenWeights(), $"stands among those of the component '{component}', but no layer that is known here has it.");
        Assert.StartsWith($"In '{Path}' the tensor '{tensor.Split('.')[0]}.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cond_stage_model.model.transformer.resblocks.0.attn.in_proj_weight", "[3 n, n]")]
    [InlineData("cond_stage_model.model.transformer.resblocks.1.attn.in_proj_bias", "[3 n, n]")]
    [InlineData("first_stage_model.decoder.mid.attn_1.q.weight", "[m, n] or [m, n, 1, 1]")]
    public void A_tensor_that_cannot_hold_what_its_name_says_is_named_with_its_shape(string name, string expected)
    {
        SmallFile.OfModel("sd2-tiny", Path, tensors => tensors.Select(t => t.Name == name ? t with { Shape = [2, 5, 2], Bytes = new byte[80] } : t));
        var checkpoint = Checkpoint.Open(Path);

        AssertRefused("MG0272", () => checkpoint.Component(name.StartsWith("first", StringComparison.Ordinal) ? "vae" : "text_encoder").OpenWeights(), $"In '{Path}' the tensor '{name}' has the shape [2, 5, 2]; it must be {expected}");
    }

    [Fact]
    public void A_projection_that_is_stored_as_a_linear_layer_is_not_transposed()
    {
        SmallFile.OfModel("sdxl-tiny", Path, tensors => tensors.Select(t => t.Name.EndsWith(".text_projection", StringComparison.Ordinal) ? t with { Name = t.Name + ".weight", Shape = [t.Shape[1], t.Shape[0]] } : t));
        using var weights = Checkpoint.Open(Path).Component("text_encoder_2").OpenWeights();

        Assert.False(weights.Get("text_projection.weight").IsTransposed);
    }

    public void Dispose() => folder.Dispose();

    private static CheckpointException AssertRefused(string code, string path, string sentence) => AssertRefused(code, () => Checkpoint.Open(path), sentence);

    private static CheckpointException AssertRefused(string code, Action action, string sentence)
    {
        var error = Assert.Throws<CheckpointException>(action);
        Assert.Equal(code, error.Code);
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(error.Message, char.IsControl);
        return error;
    }
}
