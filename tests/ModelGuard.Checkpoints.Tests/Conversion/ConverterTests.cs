using System.Text.Json;
using System.Text.Json.Nodes;
using ModelGuard.Checkpoints.Conversion;
using ModelGuard.Checkpoints.Tests.SingleFile;

namespace ModelGuard.Checkpoints.Tests.Conversion;

public sealed class ConverterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_folder_made_of_a_bare_file_opens_with_the_default_index_and_a_second_tokenizer()
    {
        SmallFile.OfModel("sdxl-tiny", folder["model.safetensors"], describe: m => m.Remove("modelguard.model_index"));
        var tokenizer = Path.Combine(GoldenModel.Find("sdxl-tiny"), "tokenizer");
        Directory.CreateDirectory(folder["tokenizer"]);
        foreach (var file in Directory.EnumerateFiles(tokenizer)) File.Copy(file, folder[$"tokenizer/{Path.GetFileName(file)}"]);

        CheckpointConverter.ToFolder(SingleFileCheckpoint.Open(folder["model.safetensors"]), folder["out"]);

        var checkpoint = DiffusersFolder.Open(folder["out"]);
        Assert.True(checkpoint.PipelineFlag("force_zeros_for_empty_prompt", false));
        Assert.Equal("!", (string?)JsonNode.Parse(File.ReadAllText(folder["out/tokenizer_2/special_tokens_map.json"]))!["pad_token"]);
        Assert.Equal(File.ReadAllBytes(folder["tokenizer/vocab.json"]), File.ReadAllBytes(folder["out/tokenizer_2/vocab.json"]));
        using var index = JsonDocument.Parse(File.ReadAllText(folder["out/model_index.json"]));
        Assert.Equal("""["diffusers","EulerDiscreteScheduler"]""", Compact(index.RootElement.GetProperty("scheduler")));
        Assert.Equal("""["transformers","CLIPTextModelWithProjection"]""", Compact(index.RootElement.GetProperty("text_encoder_2")));
    }

    [Fact]
    public void A_component_that_the_file_does_not_hold_is_taken_out_of_the_index_and_said()
    {
        using var source = TemporaryFolder.CopyOf(GoldenModel.Find("sd1-tiny"));
        Directory.CreateDirectory(source["safety_checker"]);
        Replace(source["model_index.json"], index => index["safety_checker"] = new JsonArray("stable_diffusion", "StableDiffusionSafetyChecker"));
        CheckpointConverter.ToSingleFile(Checkpoint.Open(source.Path), folder["model.safetensors"]);

        var result = CheckpointConverter.ToFolder(SingleFileCheckpoint.Open(folder["model.safetensors"], new CheckpointOptions { Companion = source.Path }), folder["out"]);

        Assert.Equal(["The component 'safety_checker' is not part of the file, so the new folder goes without it."], result.Notes, StringComparer.Ordinal);
        using var written = JsonDocument.Parse(File.ReadAllText(folder["out/model_index.json"]));
        Assert.Equal("[null,null]", Compact(written.RootElement.GetProperty("safety_checker")));
    }

    [Fact]
    public void Nothing_is_written_when_a_tokenizer_is_missing()
    {
        SmallFile.OfModel("sd1-tiny", folder["model.safetensors"]);

        AssertRefused("MG0268", () => CheckpointConverter.ToFolder(SingleFileCheckpoint.Open(folder["model.safetensors"]), folder["out"]), "brings no 'tokenizer'");
        Assert.Equal(["model.safetensors"], Entries());
    }

    [Fact]
    public void Old_names_of_the_attention_in_a_VAE_are_known_and_an_index_of_positions_is_left_out_where_it_has_no_place()
    {
        using var source = TemporaryFolder.CopyOf(GoldenModel.Find("sd2-tiny"));
        Rewrite(source["vae/diffusion_pytorch_model.safetensors"], t => t with { Name = t.Name.Replace("to_q", "query", StringComparison.Ordinal).Replace("to_k", "key", StringComparison.Ordinal).Replace("to_v", "value", StringComparison.Ordinal).Replace("to_out.0", "proj_attn", StringComparison.Ordinal) });
        Rewrite(source["text_encoder/model.safetensors"], t => t, new TensorSource("text_model.embeddings.position_ids", TensorDataType.I64, [1, 77], new byte[8 * 77]));

        var result = CheckpointConverter.ToSingleFile(Checkpoint.Open(source.Path), folder["model.safetensors"]);

        Assert.Contains(result.Notes, n => n.StartsWith("The tensor 'text_model.embeddings.position_ids' of 'text_encoder'", StringComparison.Ordinal));
        var golden = Checkpoint.Open(GoldenModel.Find("sd2-tiny"));
        foreach (var component in new[] { "vae", "text_encoder" }) Assert.Equal(GoldenModel.Contents(golden.Component(component)), GoldenModel.Contents(Checkpoint.Open(folder["model.safetensors"]).Component(component)));
    }

    [Theory]
    [InlineData("unet/diffusion_pytorch_model.safetensors", "down_blocks.0.motion_modules.0.norm.weight", "has the tensor 'down_blocks.0.motion_modules.0.norm.weight', which has no place in a single file.")]
    [InlineData("text_encoder/model.safetensors", "text_projection.weight", "has the tensor 'text_projection.weight', which has no place in a single file.")]
    public void A_tensor_that_a_single_file_has_no_place_for_is_named(string file, string name, string sentence)
    {
        using var source = TemporaryFolder.CopyOf(GoldenModel.Find("sd2-tiny"));
        Rewrite(source[file], t => t, new TensorSource(name, TensorDataType.F32, [1], new byte[4]));

        AssertRefused("MG0275", () => CheckpointConverter.ToSingleFile(Checkpoint.Open(source.Path), folder["model.safetensors"]), sentence);
        Assert.Empty(Entries());
    }

    [Fact]
    public void Queries_keys_and_values_of_different_types_cannot_be_joined()
    {
        using var source = TemporaryFolder.CopyOf(GoldenModel.Find("sd2-tiny"));
        Rewrite(source["text_encoder/model.safetensors"], t => t.Name == "text_model.encoder.layers.1.self_attn.k_proj.bias" ? t with { DataType = TensorDataType.F16, Bytes = t.Bytes[..(t.Bytes.Length / 2)] } : t);

        AssertRefused("MG0275", () => CheckpointConverter.ToSingleFile(Checkpoint.Open(source.Path), folder["model.safetensors"]), "cannot join queries, keys and values to the tensor 'cond_stage_model.model.transformer.resblocks.1.attn.in_proj_bias'");
    }

    [Fact]
    public void A_level_without_a_change_of_size_could_not_be_read_back_and_is_refused()
    {
        using var source = TemporaryFolder.CopyOf(GoldenModel.Find("sd1-tiny"));
        Rewrite(source["unet/diffusion_pytorch_model.safetensors"], t => t.Name.StartsWith("down_blocks.0.downsamplers.", StringComparison.Ordinal) ? null : t);

        AssertRefused("MG0275", () => CheckpointConverter.ToSingleFile(Checkpoint.Open(source.Path), folder["model.safetensors"]), "has a structure that a single file cannot say: the tensor 'down_blocks.1.resnets.0.norm1.weight' would be read as another one.");
    }

    [Fact]
    public void A_family_without_a_single_file_form_is_refused()
    {
        using var source = TemporaryFolder.CopyOf(GoldenModel.Find("sd1-tiny"));
        Replace(source["model_index.json"], index => index["_class_name"] = "FluxPipeline");

        AssertRefused("MG0275", () => CheckpointConverter.ToSingleFile(Checkpoint.Open(source.Path), folder["model.safetensors"]), "is FLUX ('FluxPipeline'), which has no single-file form here.");
    }

    [Fact]
    public void A_template_of_another_family_or_generation_is_refused()
    {
        SmallFile.OfModel("sd2-tiny", folder["sd2.safetensors"]);

        AssertRefused("MG0276", () => Like("sd1-tiny", folder["sd2.safetensors"]), $"The template '{folder["sd2.safetensors"]}' is Stable Diffusion ('StableDiffusionPipeline') of another generation than the model, or another family.");
    }

    [Theory]
    [InlineData("model.diffusion_model.out.2.bias", "lacks the tensor 'model.diffusion_model.out.2.bias', which the model has.")]
    [InlineData("cond_stage_model.transformer.text_model.final_layer_norm.bias", "lacks the tensor 'cond_stage_model.transformer.text_model.final_layer_norm.bias', which the model has.")]
    public void A_template_that_lacks_a_tensor_is_refused(string name, string sentence)
    {
        SmallFile.OfModel("sd1-tiny", folder["like.safetensors"], tensors => tensors.Where(t => t.Name != name));

        AssertRefused("MG0276", () => Like("sd1-tiny", folder["like.safetensors"]), sentence);
    }

    [Fact]
    public void A_template_that_has_a_tensor_of_another_size_or_one_more_is_refused()
    {
        SmallFile.OfModel("sd1-tiny", folder["like.safetensors"], tensors => tensors.Select(t => t.Name == "model.diffusion_model.out.2.bias" ? t with { Shape = [5], Bytes = new byte[20] } : t));
        AssertRefused("MG0276", () => Like("sd1-tiny", folder["like.safetensors"]), "has the tensor 'model.diffusion_model.out.2.bias' with the shape [5], the model with [4].");

        SmallFile.OfModel("sd1-tiny", folder["like.safetensors"], tensors => tensors.Add(new TensorSource("model.diffusion_model.input_blocks.1.0.skip_connection.bias", TensorDataType.F32, [16], new byte[64])));
        AssertRefused("MG0276", () => Like("sd1-tiny", folder["like.safetensors"]), "has the tensor 'model.diffusion_model.input_blocks.1.0.skip_connection.bias', which the model lacks.");
    }

    [Fact]
    public void A_template_in_another_type_gives_order_metadata_and_further_tensors_only()
    {
        SmallFile.OfModel(
            "sd1-tiny",
            folder["like.safetensors"],
            tensors => tensors.Reverse().Select(t => t with { DataType = TensorDataType.F16, Bytes = t.Bytes[..(t.Bytes.Length / 2)] }).Append(new TensorSource("model_ema.decay", TensorDataType.F32, [], new byte[4])),
            metadata => metadata["title"] = "A template");

        Like("sd1-tiny", folder["like.safetensors"]);

        using SafetensorsFile like = SafetensorsFile.Open(folder["like.safetensors"]), file = SafetensorsFile.Open(folder["out.safetensors"]);
        Assert.Equal(like.Tensors.Select(t => t.Name), file.Tensors.Select(t => t.Name), StringComparer.Ordinal);
        Assert.Equal("A template", file.Metadata["title"]);
        Assert.Equal(TensorDataType.F32, file.Get("model.diffusion_model.out.2.bias").DataType);
        Assert.Equal(GoldenModel.Contents(Checkpoint.Open(GoldenModel.Find("sd1-tiny")).Component("unet")), GoldenModel.Contents(Checkpoint.Open(folder["out.safetensors"]).Component("unet")));
    }

    [Fact]
    public void Progress_ends_at_the_total()
    {
        var seen = new List<ConversionProgress>();

        var result = CheckpointConverter.ToSingleFile(Checkpoint.Open(GoldenModel.Find("sd1-tiny")), folder["model.safetensors"], progress: new Recorder(seen));

        Assert.Equal(new ConversionProgress(result.Bytes, result.Bytes), seen[^1]);
        Assert.Equal(seen.Select(p => p.Done).Order(), seen.Select(p => p.Done));
    }

    [Fact]
    public void A_conversion_that_is_cancelled_leaves_nothing_behind()
    {
        using var source = new CancellationTokenSource();
        var progress = new Recorder([], source.Cancel);

        Assert.Throws<OperationCanceledException>(() => CheckpointConverter.ToSingleFile(Checkpoint.Open(GoldenModel.Find("sd1-tiny")), folder["model.safetensors"], progress: progress, cancellation: source.Token));

        Assert.Empty(Entries());
    }

    public void Dispose() => folder.Dispose();

    private void Like(string model, string template) => CheckpointConverter.ToSingleFile(Checkpoint.Open(GoldenModel.Find(model)), folder["out.safetensors"], template);

    private string[] Entries() => [.. Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).OfType<string>()];

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element);

    private static void Replace(string path, Action<JsonObject> change)
    {
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(json);
        File.WriteAllText(path, json.ToJsonString());
    }

    private static void Rewrite(string path, Func<TensorSource, TensorSource?> change, params TensorSource[] more)
    {
        TensorSource[] tensors;
        using (var file = SafetensorsFile.Open(path)) tensors = [.. file.Tensors.Select(t => change(new TensorSource(t.Name, t.DataType, t.Shape, file.GetBytes(t).ToArray()))).OfType<TensorSource>(), .. more];
        SafetensorsWriter.Write(path, tensors);
    }

    private static void AssertRefused(string code, Action action, string sentence)
    {
        var error = Assert.Throws<CheckpointException>(action);
        Assert.Equal(code, error.Code);
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(error.Message, char.IsControl);
    }

    private sealed class Recorder(List<ConversionProgress> seen, Action? first = null) : IProgress<ConversionProgress>
    {
        public void Report(ConversionProgress value)
        {
            seen.Add(value);
            first?.Invoke();
        }
    }
}
