using ModelGuard.Attestations;
using ModelGuard.Checkpoints;
using ModelGuard.Proving;

namespace ModelGuard.Tests.Proving;

/// <summary>An edited checkpoint is its base but for the edited tensors, in whatever form it lies.</summary>
public sealed class UntouchedPartsTests
{
    private const string WayOut = ". Do not use the model: fetch it again from its source, or edit the base again.";
    private const string Other = "text_model.encoder.layers.1.self_attn.q_proj.weight";

    [Theory]
    [InlineData("folder", 11, 66)]
    [InlineData("shards", 13, 32)]
    [InlineData("file", 0, 0)]
    public void What_was_not_edited_is_the_bases_in_every_form(string form, int files, int tensors)
    {
        using var model = Create(form);

        var proof = model.Untouched();

        if (form == "file") Assert.True(proof.Tensors > 200, "A single file holds all networks.");
        else Assert.Equal((files, tensors), (proof.Files, proof.Tensors));
        Assert.Equal(form == "file" ? 0 : files, proof.Files);
        Assert.Empty(proof.LeftOut);
        Assert.Equal((model.Folder!.Digest, model.Folder.BaseDigest), (EditedModel.Digest(model.Output).Root, EditedModel.Digest(model.BasePath).Root));
        Assert.Equal(model.Folder.Digest, PatchedRoot.Of(model.Base, EditedModel.Digest(model.BasePath), model.Edits).Root);
    }

    [Theory]
    [InlineData("folder")]
    [InlineData("shards")]
    [InlineData("file")]
    public void A_bit_of_another_tensor_is_found_and_named(string form)
    {
        using var model = Create(form);
        using (var file = SafetensorsFile.Open(model.Weights))
        {
            foreach (var tensor in new[] { file.Tensors[0], file.Tensors[^1] }.Where(t => !t.Name.EndsWith("out_proj.weight", StringComparison.Ordinal)))
            {
                EditedModel.FlipBit(model.Weights, tensor.Name);
                Refused(model, $"The tensor '{tensor.Name}' in '{model.Weights}' has other values than in the base, and the edit does not touch it");
                EditedModel.FlipBit(model.Weights, tensor.Name);
            }
        }

        Assert.NotNull(model.Untouched());
    }

    [Fact]
    public void A_bit_beside_an_edited_tensor_on_either_side_is_found()
    {
        using var model = new EditedModel();
        var bytes = File.ReadAllBytes(model.Weights);
        using var file = SafetensorsFile.Open(model.Weights);
        var edited = file.Get(model.Edits[0].Name);
        foreach (var place in new[] { edited.Offset - 1, edited.Offset + edited.ByteLength })
        {
            byte[] other = [.. bytes];
            other[place] ^= 0x80;
            File.WriteAllBytes(model.Weights, other);
            Assert.Equal("MG2024", Assert.Throws<AttestationException>(model.Untouched).Code);
        }

        foreach (var place in new[] { edited.Offset, edited.Offset + edited.ByteLength - 1 })
        {
            byte[] other = [.. bytes];
            other[place] ^= 0x80;
            File.WriteAllBytes(model.Weights, other);
            Assert.NotNull(model.Untouched());
        }
    }

    [Fact]
    public void Other_files_are_compared_and_counted()
    {
        using var model = new EditedModel();
        var (unet, config) = (model["unet/diffusion_pytorch_model.safetensors"], model["scheduler/scheduler_config.json"]);
        using (var file = SafetensorsFile.Open(unet)) EditedModel.FlipBit(unet, file.Tensors[0].Name);
        Refused(model, $"'unet/diffusion_pytorch_model.safetensors' in '{model.Output}' has another content than in the base, and the edit does not touch it");
        File.Copy(Path.Combine(model.BasePath, "unet/diffusion_pytorch_model.safetensors"), unet, overwrite: true);
        File.Move(config, model["scheduler/other.json"]);
        Refused(model, $"'scheduler/other.json' lies in '{model.Output}' and not in the base: it was added");
        File.Delete(model["scheduler/other.json"]);
        Refused(model, $"'scheduler/scheduler_config.json' of the base is missing in '{model.Output}'");
    }

    [Fact]
    public void Tensors_that_were_added_removed_or_reshaped_are_named()
    {
        using var model = new EditedModel();
        var original = Read(model.Weights);

        SafetensorsWriter.Write(model.Weights, [.. original, new TensorSource("text_model.evil", TensorDataType.U8, [1], new byte[1])]);
        Refused(model, $"The tensor 'text_model.evil' lies in '{model.Weights}' and not in the base: it was added");
        SafetensorsWriter.Write(model.Weights, original.Where(t => t.Name != Other));
        Refused(model, $"The tensor '{Other}' of the base is missing in '{model.Weights}'");
        SafetensorsWriter.Write(model.Weights, original.Select(t => t.Name == Other ? t with { Shape = [1, .. t.Shape] } : t));
        Refused(model, $"The tensor '{Other}' in '{model.Weights}' has another type or shape than in the base");
        SafetensorsWriter.Write(model.Weights, original, new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "np" });
        Refused(model, $"The header of '{model.Weights}' is another one than in the base");
        File.WriteAllBytes(model.Weights, [.. File.ReadAllBytes(model.Weights).AsSpan(0, 7)]);
        Assert.StartsWith("'text_encoder/model.safetensors' of the edited model is damaged: ", Assert.Throws<AttestationException>(model.Untouched).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unedited_weights_in_another_form_must_not_come_back()
    {
        const string Pickle = "text_encoder/pytorch_model.bin";
        using var model = new EditedModel(change: folder => File.WriteAllText(Path.Combine(folder, "pytorch_model.bin"), "unedited"));
        Assert.Equal([Pickle], model.Untouched().LeftOut);

        File.WriteAllText(model[Pickle], "unedited");

        Refused(model, $"'{Pickle}' lies in '{model.Output}': it holds the base's unedited weights in another form, and an edit leaves it out");
    }

    private static EditedModel Create(string form) => form == "shards" ? new EditedModel(change: ToShards) : new EditedModel(form);

    private static void ToShards(string folder)
    {
        File.Delete(Path.Combine(folder, "model.safetensors"));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Golden, "sd1-tiny-forms", "text_encoder_sharded"))) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
    }

    private static TensorSource[] Read(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return [.. file.Tensors.Select(t => new TensorSource(t.Name, t.DataType, t.Shape, file.GetBytes(t).ToArray()))];
    }

    private static void Refused(EditedModel model, string what)
    {
        var error = Assert.Throws<AttestationException>(model.Untouched);
        Assert.Equal(("MG2024", what + WayOut, true), (error.Code, error.Message, error.DoesNotHold));
    }
}
