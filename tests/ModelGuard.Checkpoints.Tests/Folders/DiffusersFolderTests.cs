namespace ModelGuard.Checkpoints.Tests.Folders;

public sealed class DiffusersFolderTests : IDisposable
{
    private static readonly string[] Components = ["text_encoder", "tokenizer", "unet", "vae", "scheduler"];
    private readonly TemporaryFolder folder = new();

    public DiffusersFolderTests()
    {
        foreach (var name in Components) Directory.CreateDirectory(folder[name]);
        WriteIndex(Index("StableDiffusionPipeline", Components));
    }

    [Fact]
    public void A_whole_checkpoint_opens()
    {
        var checkpoint = DiffusersFolder.Open(folder.Path);

        Assert.Equal(folder.Path, checkpoint.Path);
        Assert.Equal(folder["unet"], checkpoint.Component("unet").Place);
    }

    [Theory]
    [InlineData("sd1-tiny")]
    [InlineData("sd2-tiny")]
    [InlineData("sd1-tiny-legacy")]
    [InlineData("sdxl-tiny")]
    public void A_folder_that_diffusers_wrote_opens(string name)
    {
        var checkpoint = DiffusersFolder.Open(GoldenModel.Find(name));

        using ComponentWeights textEncoder = checkpoint.Component("text_encoder").OpenWeights(), vae = checkpoint.Component("vae").OpenWeights();
        Assert.NotEmpty(textEncoder.Tensors);
        Assert.EndsWith("diffusion_pytorch_model.safetensors", vae.Place, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_does_not_exist_is_refused() =>
        AssertRefused("MG0261", "none' does not exist, or it is no folder. Name a diffusers folder, one that holds model_index.json.", folder["none"]);

    [Fact]
    public void A_file_is_no_checkpoint()
    {
        File.WriteAllText(folder["model.safetensors"], "");

        AssertRefused("MG0261", "model.safetensors' does not exist, or it is no folder. Name a diffusers folder, one that holds model_index.json.", folder["model.safetensors"]);
    }

    [Fact]
    public void A_pickle_is_refused_with_the_way_to_convert_it()
    {
        File.WriteAllText(folder["v1-5.ckpt"], "");

        AssertRefused("MG0210", "Convert it to safetensors on a machine you can throw away", folder["v1-5.ckpt"]);
    }

    [Fact]
    public void A_folder_without_an_index_is_refused()
    {
        File.Delete(folder["model_index.json"]);

        AssertRefused("MG0261", $"'{folder.Path}' holds no model_index.json, so it is no diffusers checkpoint. Name the folder that holds it.");
    }

    [Theory]
    [InlineData("StableDiffusion3Pipeline", "Stable Diffusion 3 ('StableDiffusion3Pipeline')")]
    [InlineData("FluxPipeline", "FLUX ('FluxPipeline')")]
    [InlineData("IFPipeline", "DeepFloyd IF ('IFPipeline')")]
    [InlineData("StableDiffusionInpaintPipeline", "Stable Diffusion inpainting ('StableDiffusionInpaintPipeline')")]
    [InlineData("WurstPipeline", "'WurstPipeline'")]
    [InlineData("stablediffusionpipeline", "'stablediffusionpipeline'")]
    public void A_family_whose_pictures_cannot_be_made_is_named_with_what_works_on_it(string family, string named)
    {
        WriteIndex(Index(family, Components));

        AssertNotGenerated($"is {named}, whose pictures this version cannot make; it makes those of Stable Diffusion 1, 2 and XL. It has no CLIP text encoder, so it cannot be edited either; digests and signatures work on it.");
    }

    [Fact]
    public void The_CLIP_text_encoders_of_another_family_can_be_edited()
    {
        foreach (var name in new[] { "text_encoder_2", "text_encoder_3", "tokenizer_2", "tokenizer_3" }) Directory.CreateDirectory(folder[name]);
        WriteIndex("""{"_class_name":"StableDiffusion3Pipeline","text_encoder":["transformers","CLIPTextModelWithProjection"],"tokenizer":["transformers","CLIPTokenizer"],"text_encoder_2":["transformers","CLIPTextModelWithProjection"],"tokenizer_2":["transformers","CLIPTokenizer"],"text_encoder_3":["transformers","T5EncoderModel"],"tokenizer_3":["transformers","T5TokenizerFast"]}""");

        Assert.Equal([new TextEncoderSlot("text_encoder", "tokenizer"), new TextEncoderSlot("text_encoder_2", "tokenizer_2")], Checkpoint.Open(folder.Path).TextEncoders);
        AssertNotGenerated("Its CLIP text encoder(s) 'text_encoder' and 'text_encoder_2' can be edited, and digests and signatures work on it.");
    }

    [Fact]
    public void A_family_cannot_forge_lines_of_a_log()
    {
        WriteIndex("""{"_class_name":"X\nmodelguard: all gates passed\u001b[2J"}""");

        AssertNotGenerated(@"'X\u000amodelguard: all gates passed\u001b[2J'");
    }

    [Theory]
    [InlineData("text_encoder")]
    [InlineData("tokenizer")]
    [InlineData("unet")]
    [InlineData("vae")]
    [InlineData("scheduler")]
    public void A_component_whose_folder_is_missing_is_named(string component)
    {
        Directory.Delete(folder[component]);

        AssertRefused("MG0263", $"The checkpoint '{folder.Path}' has no component '{component}'. Copy it again, whole.");
    }

    [Theory]
    [InlineData("text_encoder")]
    [InlineData("tokenizer")]
    [InlineData("unet")]
    [InlineData("vae")]
    [InlineData("scheduler")]
    public void A_component_that_the_index_does_not_list_is_named(string component)
    {
        WriteIndex(Index("StableDiffusionPipeline", Components.Except([component], StringComparer.Ordinal)));

        AssertRefused("MG0263", $"has no component '{component}'.");
    }

    [Theory]
    [InlineData("[null,null]")]
    [InlineData("[]")]
    [InlineData("[\"diffusers\"]")]
    [InlineData("[\"diffusers\",\"X\",\"Y\"]")]
    [InlineData("\"diffusers\"")]
    [InlineData("{}")]
    [InlineData("null")]
    public void A_component_that_the_index_lists_as_absent_or_oddly_is_missing(string entry)
    {
        WriteIndex(Index("StableDiffusionPipeline", Components).Replace("\"unet\":[\"library\",\"Class\"]", $"\"unet\":{entry}", StringComparison.Ordinal));

        AssertRefused("MG0263", "has no component 'unet'.");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("not json")]
    [InlineData("\uFEFF{}")]
    [InlineData("""{"_class_name":"\ud800"}""")]
    [InlineData("""{"_class_name":"StableDiffusionPipeline","\ud800":["a","b"]}""")]
    [InlineData("""{"_class_name":"StableDiffusionXLPipeline","_class_name":"StableDiffusionPipeline"}""")]
    public void An_index_that_is_no_JSON_or_says_a_thing_twice_is_refused(string index)
    {
        WriteIndex(index);

        var error = AssertRefused("MG0261", $"'{folder["model_index.json"]}' is no valid JSON: ");
        Assert.EndsWith("Copy the checkpoint again, whole.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_that_is_nested_too_deeply_is_refused()
    {
        WriteIndex(new string('[', 100_000));

        AssertRefused("MG0261", "is no valid JSON: ");
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("[{\"_class_name\":\"StableDiffusionPipeline\"}]")]
    [InlineData("\"StableDiffusionPipeline\"")]
    [InlineData("null")]
    [InlineData("1")]
    [InlineData("{}")]
    [InlineData("{\"_class_name\":null}")]
    [InlineData("{\"_class_name\":7}")]
    [InlineData("{\"_class_name\":[\"StableDiffusionPipeline\"]}")]
    public void An_index_that_names_no_pipeline_is_refused(string index)
    {
        WriteIndex(index);

        AssertRefused("MG0261", $"'{folder["model_index.json"]}' does not say which pipeline it describes: it must hold an object with a text '_class_name'. Copy the checkpoint again, whole.");
    }

    [Fact]
    public void An_index_that_is_a_named_pipe_is_refused_instead_of_waited_for()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no pipes among its files.");
        File.Delete(folder["model_index.json"]);
        NamedPipe.Make(folder["model_index.json"]);

        AssertRefused("MG0261", "is a named pipe, not a file.");
    }

    [Theory]
    [InlineData("text_encoder", "model.safetensors")]
    [InlineData("unet", "diffusion_pytorch_model.safetensors")]
    public void The_weights_of_a_component_are_found_beside_a_pickle(string component, string name)
    {
        SafetensorsWriter.Write(folder[$"{component}/{name}"], []);
        File.WriteAllText(folder[$"{component}/pytorch_model.bin"], "");

        using var weights = DiffusersFolder.Open(folder.Path).Component(component).OpenWeights();

        Assert.Equal(folder[$"{component}/{name}"], weights.Place);
    }

    [Theory]
    [InlineData("diffusion_pytorch_model.bin", "hold Python pickles, and loading one can run any code its author put in.")]
    [InlineData("flax_model.msgpack", "it holds weights of Flax or Keras")]
    public void A_component_with_only_weights_that_are_not_read_is_refused_with_the_reason(string name, string why)
    {
        File.WriteAllText(folder["unet/config.json"], "{}");
        File.WriteAllText(folder[$"unet/{name}"], "");
        var checkpoint = DiffusersFolder.Open(folder.Path);

        var error = Assert.Throws<CheckpointException>(() => checkpoint.Component("unet").OpenWeights());

        Assert.Equal("MG0210", error.Code);
        Assert.StartsWith($"'{folder[$"unet/{name}"]}' is not read: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config.json", "holds neither model.safetensors nor diffusion_pytorch_model.safetensors, no variant of them and no index of shards. Copy the checkpoint again, whole.")]
    [InlineData("diffusion_pytorch_model-00001-of-00002.safetensors", "holds shards such as 'diffusion_pytorch_model-00001-of-00002.safetensors', but no index that says what is in them")]
    public void A_component_without_weights_is_refused(string name, string sentence)
    {
        File.WriteAllText(folder[$"unet/{name}"], "");
        var checkpoint = DiffusersFolder.Open(folder.Path);

        var error = Assert.Throws<CheckpointException>(() => checkpoint.Component("unet").OpenWeights());

        Assert.Equal("MG0264", error.Code);
        Assert.StartsWith($"The component '{folder["unet"]}' {sentence}", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static string Index(string family, IEnumerable<string> components) =>
        $"{{\"_class_name\":\"{family}\",{string.Join(',', components.Select(c => $"\"{c}\":[\"library\",\"Class\"]"))}}}";

    private void WriteIndex(string content) => File.WriteAllText(folder["model_index.json"], content);

    private void AssertNotGenerated(string sentence)
    {
        var error = Assert.Throws<CheckpointException>(Checkpoint.Open(folder.Path).RequireGeneration);
        Assert.Equal("MG0262", error.Code);
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(error.Message, char.IsControl);
    }

    private CheckpointException AssertRefused(string code, string sentence, string? path = null)
    {
        var error = Assert.Throws<CheckpointException>(() => DiffusersFolder.Open(path ?? folder.Path));
        Assert.Equal(code, error.Code);
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(error.Message, char.IsControl);
        return error;
    }
}
