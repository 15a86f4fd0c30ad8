namespace ModelGuard.Checkpoints.Tests.Folders;

public sealed class VariantTests : IDisposable
{
    private static readonly string[] Components = ["text_encoder", "tokenizer", "unet", "vae", "scheduler"];
    private readonly TemporaryFolder folder = new();

    public VariantTests()
    {
        foreach (var name in Components) Directory.CreateDirectory(folder[name]);
        File.WriteAllText(folder["model_index.json"], $"{{\"_class_name\":\"StableDiffusionPipeline\",{string.Join(',', Components.Select(c => $"\"{c}\":[\"library\",\"Class\"]"))}}}");
    }

    [Theory]
    [InlineData(null, "model.safetensors")]
    [InlineData("fp16", "model.fp16.safetensors")]
    [InlineData("non_ema", "model.safetensors")]
    public void The_default_weights_are_read_unless_the_chosen_variant_is_there(string? variant, string expected)
    {
        WriteWeights("text_encoder", "model.safetensors", "model.fp16.safetensors");
        WriteWeights("unet", "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.non_ema.safetensors");

        using var weights = Open(variant).Component("text_encoder").OpenWeights();

        Assert.Equal(folder[$"text_encoder/{expected}"], weights.Place);
    }

    [Fact]
    public void The_only_variant_is_read_without_a_choice()
    {
        WriteWeights("unet", "diffusion_pytorch_model.fp16.safetensors");

        using var weights = Open(null).Component("unet").OpenWeights();

        Assert.Equal(["diffusion_pytorch_model.fp16.safetensors"], weights.Tensors.Select(t => t.Name), StringComparer.Ordinal);
    }

    [Fact]
    public void Several_variants_without_a_default_need_a_choice()
    {
        WriteWeights("unet", "diffusion_pytorch_model.fp16.safetensors", "diffusion_pytorch_model.bf16.safetensors");
        WriteWeights("vae", "diffusion_pytorch_model.fp32.safetensors");

        AssertRefused(() => Open(null).Component("unet").OpenWeights(), $"The component '{folder["unet"]}' holds the variants 'bf16', 'fp16' of its weights, and neither default weights nor a choice of one was given. Choose one (--variant, or 'model.variant' in the policy).");
        AssertRefused(() => Open("fp32").Component("unet").OpenWeights(), "and 'fp32' is none of them.");
    }

    [Fact]
    public void A_variant_that_no_component_has_is_refused_with_those_that_are_there()
    {
        WriteWeights("unet", "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bf16.safetensors");

        AssertRefused(() => Open("fp16"), $"No component of '{folder.Path}' has the variant 'fp16'; its components have 'bf16'. Name one that is there, or none.");
        File.Delete(folder["unet/diffusion_pytorch_model.bf16.safetensors"]);
        AssertRefused(() => Open("fp16"), "its components have default weights only.");
    }

    // Forms of transformers, of diffusers since 0.30, and of diffusers before.
    [Theory]
    [InlineData("model.safetensors.index.fp16.json", "model.fp16-00001-of-00001.safetensors")]
    [InlineData("model.fp16.safetensors.index.json", "model-00001-of-00001.fp16.safetensors")]
    [InlineData("model.safetensors.fp16.index.json", "model-00001-of-00001.fp16.safetensors")]
    [InlineData("diffusion_pytorch_model.safetensors.index.fp16.json", "diffusion_pytorch_model.fp16-00001-of-00001.safetensors")]
    public void Shards_of_a_variant_are_read(string index, string shard)
    {
        WriteWeights("unet", shard);
        File.WriteAllText(folder[$"unet/{index}"], $$$"""{"weight_map":{"{{{shard}}}":"{{{shard}}}"}}""");

        var component = Open("fp16").Component("unet");
        using var weights = component.OpenWeights();

        Assert.Equal([shard], weights.Tensors.Select(t => t.Name), StringComparer.Ordinal);
        Assert.Equal([folder[$"unet/{shard}"]], component.WeightFiles);
        Assert.Empty(component.OtherWeightFiles);
    }

    [Fact]
    public void Copies_of_the_weights_in_other_forms_are_known()
    {
        string[] copies = ["diffusion_flax_model.msgpack", "diffusion_pytorch_model.bin", "diffusion_pytorch_model.fp16.bin", "diffusion_pytorch_model.fp16.safetensors", "diffusion_pytorch_model.non_ema-00001-of-00002.safetensors", "diffusion_pytorch_model.safetensors.index.non_ema.json", "model.onnx", "model.onnx_data", "openvino_model.bin", "openvino_model.xml", "weights.pb"];
        WriteWeights("unet", "diffusion_pytorch_model.safetensors");
        foreach (var name in copies.Append("config.json").Append("README.md")) File.WriteAllText(folder[$"unet/{name}"], "");

        var component = Open(null).Component("unet");

        Assert.Equal([folder["unet/diffusion_pytorch_model.safetensors"]], component.WeightFiles);
        Assert.Equal(copies.Select(c => folder[$"unet/{c}"]), component.OtherWeightFiles, StringComparer.Ordinal);
    }

    [Fact]
    public void Whole_models_at_the_root_are_known()
    {
        foreach (var name in new[] { "v1-5-pruned-emaonly.safetensors", "v1-5-pruned.ckpt", "README.md", "v1-inference.yaml" }) File.WriteAllText(folder[name], "");

        Assert.Equal([folder["v1-5-pruned-emaonly.safetensors"], folder["v1-5-pruned.ckpt"]], Open(null).RootWeightFiles);
    }

    [Fact]
    public void Links_into_the_cache_of_a_hub_are_read()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows lets only some users make links.");
        WriteWeights("blobs", "0123abcd");
        WriteWeights("blobs", "4567ef01");
        File.WriteAllText(folder["blobs/89"], """{"weight_map":{"0123abcd":"model-00001-of-00002.safetensors","4567ef01":"model-00002-of-00002.safetensors"}}""");
        Directory.CreateDirectory(folder["snapshots/1"]);
        Link("text_encoder/model.safetensors.index.json", "../blobs/89");
        Link("text_encoder/model-00001-of-00002.safetensors", "../blobs/0123abcd");
        Link("text_encoder/model-00002-of-00002.safetensors", "../blobs/4567ef01");
        foreach (var name in Components.Append("model_index.json")) Link($"snapshots/1/{name}", $"../../{name}");
        var before = File.GetLastWriteTimeUtc(folder["blobs/0123abcd"]);

        using var weights = Checkpoint.Open(folder["snapshots/1"]).Component("text_encoder").OpenWeights();

        Assert.Equal(["0123abcd", "4567ef01"], weights.Tensors.Select(t => t.Name), StringComparer.Ordinal);
        Assert.Equal(before, File.GetLastWriteTimeUtc(folder["blobs/0123abcd"]));

        void Link(string path, string target) => File.CreateSymbolicLink(folder[path], target);
    }

    [Fact]
    public void A_shard_whose_link_leads_nowhere_is_missing()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows lets only some users make links.");
        File.WriteAllText(folder["unet/model.safetensors.index.json"], """{"weight_map":{"a":"model-00001-of-00001.safetensors"}}""");
        File.CreateSymbolicLink(folder["unet/model-00001-of-00001.safetensors"], "../../blobs/gone");

        var error = Assert.Throws<CheckpointException>(() => Open(null).Component("unet").OpenWeights());

        Assert.Equal("MG0215", error.Code);
    }

    [Fact]
    public void A_folder_that_needs_no_components_says_that_they_were_not_used() =>
        Assert.Contains("the components of 'elsewhere' were not used.", Assert.Single(Checkpoint.Open(folder.Path, new CheckpointOptions { Companion = "elsewhere" }).Notes), StringComparison.Ordinal);

    public void Dispose() => folder.Dispose();

    private DiffusersFolder Open(string? variant) => DiffusersFolder.Open(folder.Path, new CheckpointOptions { Variant = variant });

    // Each file holds one tensor of its own name.
    private void WriteWeights(string component, params string[] names)
    {
        foreach (var name in names) SafetensorsWriter.Write(folder[$"{component}/{name}"], [new TensorSource(name, TensorDataType.U8, [0], Array.Empty<byte>())]);
    }

    private static void AssertRefused(Action action, string sentence)
    {
        var error = Assert.Throws<CheckpointException>(action);
        Assert.Equal("MG0219", error.Code);
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
    }
}
