using ModelGuard.Checkpoints;
using ModelGuard.Checkpoints.Conversion;
using ModelGuard.Deltas;
using ModelGuard.Tests.Editing;

namespace ModelGuard.Tests.Deltas;

/// <summary>Base + delta is the edited checkpoint, and edited + delta is the base: each byte of each file.</summary>
public sealed class DeltaApplicationTests : IDisposable
{
    private readonly TemporaryFolder work = new();

    private string Delta => work["change.safetensors"];

    [Theory]
    [InlineData("sd1-tiny", false, 1)]
    [InlineData("sd2-tiny", false, 1)]
    [InlineData("sdxl-tiny", false, 2)]
    [InlineData("sd1-tiny", true, 1)]
    [InlineData("sd2-tiny", true, 1)]
    [InlineData("sdxl-tiny", true, 2)]
    public void Every_family_comes_back_in_both_directions_and_in_its_own_form(string model, bool isSingle, int encoders)
    {
        var tiny = Golden.Model(model);
        if (isSingle) CheckpointConverter.ToSingleFile(Checkpoint.Open(tiny), work["base.safetensors"]);
        var checkpoint = isSingle ? Checkpoint.Open(work["base.safetensors"], new CheckpointOptions { Companion = tiny }) : Checkpoint.Open(tiny);
        foreach (var policy in new[] { SomeDelta.LowRank(0, 1), SomeDelta.FullRank(0, 1) })
        {
            SomeDelta.Edit(checkpoint, policy, work["edited"], Delta);

            // Neither needs configs or tokenizers.
            var applied = DeltaApplication.Apply(Checkpoint.Open(checkpoint.Path), Open(), work["applied"], SomeDelta.Options);
            var reverted = DeltaApplication.Revert(Checkpoint.Open(work["applied"]), Open(), work["reverted"], SomeDelta.Options);

            Assert.Equal(2 * encoders, Open().Manifest.Tensors.Length);
            Assert.Equal(SomeDelta.Contents(work["edited"]), SomeDelta.Contents(work["applied"]));
            Assert.Equal(isSingle ? new(StringComparer.Ordinal) { ["base.safetensors"] = Hash(work["base.safetensors"]) } : SomeDelta.Contents(tiny), SomeDelta.Contents(work["reverted"]));
            Assert.Equal((Digests.RootDigest(work["edited"]), Digests.RootDigest(checkpoint.Path)), (applied.Digest, reverted.Digest));
            Directory.Delete(work["reverted"], recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(EditMethodsTests.MethodsAndFamilies), MemberType = typeof(EditMethodsTests))]
    public void Every_method_comes_back_on_every_family_and_changes_no_tensor_but_those_that_it_names(string method, string model)
    {
        var checkpoint = Checkpoint.Open(EditMethodsTests.Find(model));

        var policy = EditMethodsTests.Policy(method);
        SomeDelta.Edit(checkpoint, policy with { Digest = SomeDelta.PolicyDigest, Edit = policy.Edit with { Layers = [0, 1] } }, work["edited"], Delta);
        DeltaApplication.Apply(Checkpoint.Open(checkpoint.Path), Open(), work["applied"], SomeDelta.Options);
        DeltaApplication.Revert(Checkpoint.Open(work["applied"]), Open(), work["reverted"], SomeDelta.Options);

        Assert.Equal(SomeDelta.Contents(work["edited"]), SomeDelta.Contents(work["applied"]));
        Assert.Equal(SomeDelta.Contents(checkpoint.Path), SomeDelta.Contents(work["reverted"]));
        var named = Open().Manifest.Tensors.Select(t => $"{t.Component}/{t.Name}").Order(StringComparer.Ordinal).ToArray();
        var (before, after) = (Tensors(checkpoint), Tensors(Checkpoint.Open(work["edited"])));
        Assert.NotEmpty(named);
        Assert.Equal(before.Keys.Order(StringComparer.Ordinal), after.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.Equal(named, before.Where(t => after[t.Key] != t.Value).Select(t => t.Key).Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    [Fact]
    public void Shards_and_half_precision_come_back()
    {
        using var source = Sharded();
        SomeDelta.Edit(Checkpoint.Open(source.Path), SomeDelta.LowRank(0, 1), work["edited"], Delta);

        DeltaApplication.Apply(Checkpoint.Open(source.Path), Open(), work["applied"], SomeDelta.Options);
        DeltaApplication.Revert(Checkpoint.Open(work["edited"]), Open(), work["reverted"], SomeDelta.Options);

        Assert.All(Open().Manifest.Tensors, t => Assert.Equal(TensorDataType.F16, t.DataType));
        Assert.Equal(SomeDelta.Contents(work["edited"]), SomeDelta.Contents(work["applied"]));
        Assert.Equal(SomeDelta.Contents(source.Path), SomeDelta.Contents(work["reverted"]));
    }

    [Fact]
    public void Weights_in_another_form_are_left_out_again_and_named_as_what_does_not_come_back()
    {
        using var source = TemporaryFolder.CopyOf(Golden.Model("sd1-tiny"));
        string[] others = ["text_encoder/model.safetensors", "text_encoder/pytorch_model.bin"];
        File.Move(source["text_encoder/model.safetensors"], source["text_encoder/model.fp16.safetensors"]);
        foreach (var name in others) File.Copy(source["text_encoder/model.fp16.safetensors"], source[name]);
        var options = new CheckpointOptions { Variant = "fp16" };
        SomeDelta.Edit(Checkpoint.Open(source.Path, options), SomeDelta.LowRank(0), work["edited"], Delta, "fp16");

        DeltaApplication.Apply(Checkpoint.Open(source.Path, options), Open(), work["applied"], SomeDelta.Options);
        var result = DeltaApplication.Revert(Checkpoint.Open(work["applied"], options), Open(), work["reverted"], SomeDelta.Options);

        Assert.Equal("fp16", Open().Manifest.Variant);
        Assert.Equal(SomeDelta.Contents(work["edited"]), SomeDelta.Contents(work["applied"]));
        Assert.Equal(others, result.Missing, StringComparer.Ordinal);
        foreach (var name in others) File.Delete(source[name]);
        Assert.Equal(SomeDelta.Contents(source.Path), SomeDelta.Contents(work["reverted"]));
    }

    [Fact]
    public void A_delta_beside_the_edited_checkpoint_is_no_part_of_it()
    {
        CheckpointConverter.ToSingleFile(Checkpoint.Open(Golden.Model("sd1-tiny")), work["base.safetensors"]);
        var checkpoint = Checkpoint.Open(work["base.safetensors"], new CheckpointOptions { Companion = Golden.Model("sd1-tiny") });
        SomeDelta.Edit(checkpoint, SomeDelta.LowRank(0), work["edited"], Delta);
        var digest = Digests.RootDigest(work["edited"]);

        File.Move(Delta, Path.Combine(work["edited"], DeltaFile.FileName));

        Assert.Equal(digest, Digests.RootDigest(work["edited"]));
        var edited = Checkpoint.Open(work["edited"]);
        Assert.Empty(edited.RootWeightFiles);
        using var delta = DeltaFile.Open(Path.Combine(work["edited"], DeltaFile.FileName));
        DeltaApplication.Revert(edited, delta, work["reverted"], SomeDelta.Options);
        Assert.Equal(Hash(work["base.safetensors"]), Hash(work["reverted/base.safetensors"]));
    }

    [Fact]
    public void Another_base_is_refused_by_its_tensors_or_by_its_digest_and_nothing_is_written()
    {
        SomeDelta.Edit(SomeEdit.Tiny(), SomeDelta.LowRank(0), work["edited"], Delta);
        using var otherNote = TemporaryFolder.CopyOf(SomeEdit.Tiny().Path);
        File.WriteAllText(otherNote["README.md"], "Not the base.");

        var before = AssertRefused("MG1043", () => DeltaApplication.Apply(Checkpoint.Open(work["edited"]), Open(), work["out"], SomeDelta.Options));
        var note = AssertRefused("MG1043", () => DeltaApplication.Apply(Checkpoint.Open(otherNote.Path), Open(), work["out"], SomeDelta.Options));
        AssertRefused("MG1042", () => DeltaApplication.Apply(Checkpoint.Open(Golden.Model("sd2-tiny")), Open(), work["out"], SomeDelta.Options));

        var digest = Digests.RootDigest(SomeEdit.Tiny().Path);
        Assert.Equal($"'{work["edited"]}' is not the base of the delta '{Delta}': its tensor 'text_encoder/text_model.encoder.layers.0.self_attn.out_proj.weight' has other values; the base has the digest {digest}. Name that base, or edit this one with the policy.", before);
        Assert.Contains($"it has the digest {Digests.RootDigest(otherNote.Path)}; the base has the digest {digest}.", note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_that_the_delta_did_not_make_is_not_reverted()
    {
        SomeDelta.Edit(SomeEdit.Tiny(), SomeDelta.LowRank(0), work["edited"], Delta);

        AssertRefused("MG1044", () => DeltaApplication.Revert(SomeEdit.Tiny(), Open(), work["out"], SomeDelta.Options));
        File.AppendAllText(work["edited/model_index.json"], "\n");
        var message = AssertRefused("MG1044", () => DeltaApplication.Revert(Checkpoint.Open(work["edited"]), Open(), work["out"], SomeDelta.Options));

        Assert.EndsWith("Name that checkpoint, unchanged.", message, StringComparison.Ordinal);
    }

    public void Dispose() => work.Dispose();

    private static TemporaryFolder Sharded()
    {
        var source = TemporaryFolder.CopyOf(Golden.Model("sd1-tiny"));
        Directory.Delete(source["text_encoder"], recursive: true);
        Directory.CreateDirectory(source["text_encoder"]);
        foreach (var file in Directory.EnumerateFiles(Golden.Model("sd1-tiny-legacy/text_encoder_sharded"))) File.Copy(file, source[Path.Combine("text_encoder", Path.GetFileName(file))]);
        return source;
    }

    /// <summary>Digests of all tensors of all components, by name.</summary>
    private static Dictionary<string, string> Tensors(Checkpoint checkpoint)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        string[] components = ["unet", "vae", .. checkpoint.TextEncoders.Select(e => e.Component)];
        foreach (var component in components)
        {
            using var weights = checkpoint.Component(component).OpenWeights();
            foreach (var tensor in weights.Tensors)
            {
                var bytes = new byte[tensor.ByteLength];
                tensor.File.Read(tensor.Stored, tensor.Start, bytes);
                result[$"{component}/{tensor.Name}"] = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes));
            }
        }

        return result;
    }

    private static string Hash(string path) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)));

    private string AssertRefused(string code, Func<DeltaResult> act)
    {
        var error = Assert.Throws<ProvenanceException>(act);
        Assert.Equal(code, error.Code);
        Assert.False(Directory.Exists(work["out"]));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(work.Path), f => Path.GetFileName(f).StartsWith('.'));
        return error.Message;
    }

    private DeltaFile Open() => DeltaFile.Open(Delta);
}
