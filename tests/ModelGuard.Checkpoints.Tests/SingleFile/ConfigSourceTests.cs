namespace ModelGuard.Checkpoints.Tests.SingleFile;

public sealed class ConfigSourceTests : IDisposable
{
    private static readonly string[] Keys = ["modelguard.config.unet", "modelguard.config.vae", "modelguard.config.text_encoder", "modelguard.config.text_encoder_2", "modelguard.config.scheduler", "modelguard.model_index"];
    private readonly TemporaryFolder folder = new();

    private string Path => folder["model.safetensors"];

    [Fact]
    public void The_components_folder_comes_before_the_metadata_and_these_before_what_shapes_say()
    {
        SmallFile.OfModel("sd1-tiny", Path, describe: m => m.Remove("modelguard.config.scheduler"));
        WriteCompanion("unet/config.json", """{"from":"companion"}""");

        var checkpoint = Open(folder["companion"]);

        Assert.Equal(folder["companion/unet/config.json"], checkpoint.Component("unet").Config.Place);
        Assert.Equal($"{Path} → __metadata__ → modelguard.config.vae", checkpoint.Component("vae").Config.Place);
        Assert.Equal($"{Path} (inferred)", checkpoint.SchedulerConfig.Place);
    }

    [Fact]
    public void The_index_says_the_flags_of_the_pipeline()
    {
        SmallFile.OfModel("sdxl-tiny", Path);
        Assert.True(Open().PipelineFlag("force_zeros_for_empty_prompt", false));

        WriteCompanion("model_index.json", """{"_class_name":"StableDiffusionXLPipeline","force_zeros_for_empty_prompt":false}""");
        Assert.False(Open(folder["companion"]).PipelineFlag("force_zeros_for_empty_prompt", true));
        Assert.True(Open().PipelineFlag("something_else", true));
    }

    [Theory]
    [InlineData("", "is no valid JSON")]
    [InlineData("{", "is no valid JSON")]
    [InlineData("[]", "must hold one JSON object.")]
    [InlineData("7", "must hold one JSON object.")]
    public void A_config_in_the_metadata_that_is_none_is_refused_with_its_key(string config, string sentence)
    {
        SmallFile.OfModel("sd2-tiny", Path, describe: m => m["modelguard.config.text_encoder"] = m["modelguard.config.scheduler"] = config);
        var checkpoint = Open();

        foreach (var action in new Action[] { () => _ = checkpoint.Component("text_encoder").Config, () => checkpoint.Component("text_encoder").OpenWeights() })
        {
            AssertRefused("MG0220", action, $"'{Path} → __metadata__ → modelguard.config.text_encoder' {sentence}");
        }

        AssertRefused("MG0220", () => _ = checkpoint.SchedulerConfig, "modelguard.config.scheduler'");
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("[]")]
    public void An_index_in_the_metadata_that_is_none_is_refused_with_its_key(string index)
    {
        SmallFile.OfModel("sd1-tiny", Path, describe: m => m["modelguard.model_index"] = index);

        AssertRefused("MG0261", () => Open(), $"'{Path} → __metadata__ → modelguard.model_index' ");
    }

    [Fact]
    public void Metadata_that_are_no_texts_are_refused()
    {
        File.WriteAllBytes(Path, Safetensors.RawFile.Bytes("""{"__metadata__":{"modelguard.config.unet":{}}}"""));

        AssertRefused("MG0202", () => Open(), $"'__metadata__' in the header of '{Path}' must map texts to texts.");
    }

    [Fact]
    public void A_components_folder_that_is_not_there_is_refused()
    {
        SmallFile.OfModel("sd1-tiny", Path);

        AssertRefused("MG0274", () => Open(folder["none"]), $"The components folder '{folder["none"]}' does not exist.");
    }

    [Fact]
    public void A_components_folder_of_another_family_is_refused()
    {
        SmallFile.OfModel("sd1-tiny", Path);
        WriteCompanion("model_index.json", """{"_class_name":"StableDiffusionXLPipeline"}""");

        AssertRefused("MG0274", () => Open(folder["companion"]), "belongs to Stable Diffusion XL ('StableDiffusionXLPipeline'), but");
    }

    [Theory]
    [InlineData("unet", "cross_attention_dim", 32)]
    [InlineData("unet", "in_channels", 4)]
    [InlineData("vae", "latent_channels", 4)]
    [InlineData("text_encoder", "hidden_size", 32)]
    public void A_config_of_another_model_is_refused_with_both_numbers(string component, string key, int right)
    {
        SmallFile.OfModel("sd1-tiny", Path);
        WriteCompanion($"{component}/config.json", $$"""{"{{key}}":77}""");
        var checkpoint = Open(folder["companion"]);

        AssertRefused("MG0274", () => _ = checkpoint.Component(component).Config, FormattableString.Invariant($"sets '{key}' to 77, but the tensor '"));
        WriteCompanion($"{component}/config.json", FormattableString.Invariant($$"""{"{{key}}":{{right}}}"""));
        Assert.NotNull(checkpoint.Component(component).Config);
    }

    [Theory]
    [InlineData("unet", "the network has a width of 16, no multiple of 64")]
    [InlineData("text_encoder", "the network has a width of 40, no multiple of 64")]
    public void A_network_whose_heads_no_shape_tells_needs_its_config(string component, string why)
    {
        SmallFile.OfModel("sd2-tiny", Path, describe: m => Array.ForEach(Keys, k => m.Remove(k)));

        AssertRefused("MG0273", () => _ = Open().Component(component).Config, $"The config of '{component}' cannot be inferred from '{Path}': {why}");
    }

    [Fact]
    public void A_UNet_of_a_structure_that_configs_do_not_have_needs_its_config()
    {
        // The last step up, with its resnet and its attention.
        SmallFile.OfModel("sd1-tiny", Path, tensors => tensors.Where(t => !t.Name.Contains(".output_blocks.11.", StringComparison.Ordinal)), m => Array.ForEach(Keys, k => m.Remove(k)));

        AssertRefused("MG0273", () => _ = Open().Component("unet").Config, "the network has a structure that is not that of a published UNet of Stable Diffusion.");
    }

    [Fact]
    public void What_was_assumed_about_a_file_is_said_until_a_folder_says_it()
    {
        SmallFile.OfModel("sd2-tiny", Path, describe: m => Array.ForEach(Keys, k => m.Remove(k)));

        Assert.StartsWith($"'{Path}' does not say what its UNet predicts. v_prediction at 768 pixels was assumed", Assert.Single(Open().Notes), StringComparison.Ordinal);
        WriteCompanion("scheduler/scheduler_config.json", """{"_class_name":"PNDMScheduler"}""");
        Assert.Empty(Open(folder["companion"]).Notes);
    }

    [Fact]
    public void A_variant_of_a_single_file_is_said_to_be_unused()
    {
        SmallFile.OfModel("sd1-tiny", Path);

        Assert.Equal($"'{Path}' is a single file and has no variants; 'fp16' was not used.", Assert.Single(Checkpoint.Open(Path, new CheckpointOptions { Variant = "fp16" }).Notes));
    }

    [Fact]
    public void Tokenizers_come_from_the_components_folder_then_from_beside_the_file()
    {
        SmallFile.OfModel("sdxl-tiny", Path);
        WriteCompanion("tokenizer/vocab.json", "{}");
        AssertRefused("MG0268", () => Open().TokenizerFolder("tokenizer"), $"'{Path}' is a single file and brings no 'tokenizer'. Put the folder 'tokenizer' of the model beside it, or name a diffusers folder that has it (--components, or 'model.components' in the policy).");

        Write("tokenizer/vocab.json", "{}");

        Assert.Equal(folder["tokenizer"], Open().TokenizerFolder("tokenizer"));
        Assert.Equal(folder["companion/tokenizer"], Open(folder["companion"]).TokenizerFolder("tokenizer"));
    }

    [Fact]
    public void A_second_tokenizer_that_is_missing_is_the_first_with_other_padding()
    {
        SmallFile.OfModel("sdxl-tiny", Path);
        Write("tokenizer/vocab.json", "{}");

        Assert.Equal((folder["tokenizer"], "!"), (Open().TokenizerFolder("tokenizer_2"), Open().TokenizerPad("tokenizer_2")));
        Assert.Null(Open().TokenizerPad("tokenizer"));
        Write("tokenizer_2/vocab.json", "{}");
        Assert.Equal((folder["tokenizer_2"], null), (Open().TokenizerFolder("tokenizer_2"), Open().TokenizerPad("tokenizer_2")));
    }

    public void Dispose() => folder.Dispose();

    private SingleFileCheckpoint Open(string? companion = null) => SingleFileCheckpoint.Open(Path, new CheckpointOptions { Companion = companion });

    private void WriteCompanion(string name, string content) => Write($"companion/{name}", content);

    private void Write(string name, string content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(folder[name])!);
        File.WriteAllText(folder[name], content);
    }

    private static void AssertRefused(string code, Action action, string sentence)
    {
        var error = Assert.Throws<CheckpointException>(action);
        Assert.Equal(code, error.Code);
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(error.Message, char.IsControl);
    }
}
