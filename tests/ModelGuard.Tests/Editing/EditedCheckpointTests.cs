using ModelGuard.Checkpoints;
using ModelGuard.Checkpoints.Conversion;
using ModelGuard.Editing;

namespace ModelGuard.Tests.Editing;

/// <summary>The edited folder differs from its base in the tensors that the edit names, and in nothing else.</summary>
public sealed class EditedCheckpointTests
{
    private static readonly string[] Layers = ["text_encoder/text_model.encoder.layers.0.self_attn.out_proj.weight", "text_encoder/text_model.encoder.layers.1.self_attn.out_proj.weight"];

    [Theory]
    [InlineData("{0}")]
    [InlineData("{0}/")]
    [InlineData("{0}//")]
    [InlineData("{0}/./")]
    [InlineData("{0}/unet/..")]
    public void Only_the_named_tensors_differ_and_every_other_byte_is_the_bases(string form)
    {
        using var source = TemporaryFolder.CopyOf(Golden.Model("sd1-tiny"));
        using var target = new TemporaryFolder();
        File.WriteAllText(source["README.md"], "The base.\n");
        Directory.CreateDirectory(source["feature_extractor"]);
        File.WriteAllBytes(Path.Combine(source["feature_extractor"], "notes.bin.txt"), [0, 255, 13, 10]);
        var checkpoint = DiffusersFolder.Open(string.Format(System.Globalization.CultureInfo.InvariantCulture, form, source.Path));
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(0.01) with { Layers = [0, 1] }, [SomeEdit.Concept("van gogh", "dog")], SomeEdit.Preserved("cat"));
        var edits = SomeEdit.Solve(checkpoint, policy);

        EditedCheckpoint.Publish(checkpoint, () => edits, target["out"], new PublishOptions(LinkRule.Refuse, DigestCache.None), edited => File.WriteAllText(Path.Combine(edited.Path, "modelguard-report.json"), "{}"));

        Assert.Equal(Layers, edits.Select(e => $"{e.Component}/{e.Name}"), StringComparer.Ordinal);
        Assert.Equal(Files(source.Path).Append("modelguard-report.json").Order(StringComparer.Ordinal), Files(target["out"]), StringComparer.Ordinal);
        var different = Files(source.Path).Where(f => !Bytes(source.Path, f).SequenceEqual(Bytes(target["out"], f))).ToArray();
        Assert.Equal(["text_encoder/model.safetensors"], different);
        foreach (var weights in Files(source.Path).Where(f => f.EndsWith(".safetensors", StringComparison.Ordinal))) AssertTensors(source.Path, target["out"], weights, edits);
        AssertSameOutsideTheTensors(Path.Combine(source.Path, different[0]), Path.Combine(target["out"], different[0]), edits);
    }

    [Fact]
    public void What_speaks_about_the_base_is_not_copied_and_the_base_stays_as_it_was()
    {
        using var source = TemporaryFolder.CopyOf(Golden.Model("sd1-tiny"));
        using var target = new TemporaryFolder();
        string[] about = ["model.sig", "modelguard-report.json", "modelguard-report.html"];
        foreach (var name in about) File.WriteAllText(source[name], "old");
        var before = Digests.RootDigest(source.Path);

        EditedCheckpoint.Publish(DiffusersFolder.Open(source.Path), () => [], target["out"], new PublishOptions(LinkRule.Refuse, DigestCache.None), _ => { });

        Assert.DoesNotContain(Files(target["out"]), about.Contains);
        Assert.Equal(before, Digests.RootDigest(target["out"]));
        Assert.Equal(before, Digests.RootDigest(source.Path));
    }

    [Fact]
    public void A_snapshot_of_links_into_a_hub_cache_is_read_and_never_written_through()
    {
        using var cache = new TemporaryFolder();
        using var target = new TemporaryFolder();
        var (snapshot, blobs) = (cache["models--tiny--sd1/snapshots/abc"], cache["models--tiny--sd1/blobs"]);
        Directory.CreateDirectory(blobs);
        var golden = Golden.Model("sd1-tiny");
        foreach (var name in Files(golden))
        {
            var (blob, link) = (Path.Combine(blobs, name.Replace('/', '-')), Path.Combine(snapshot, name));
            Directory.CreateDirectory(Path.GetDirectoryName(link)!);
            File.Copy(Path.Combine(golden, name), blob);
            File.CreateSymbolicLink(link, Path.GetRelativePath(Path.GetDirectoryName(link)!, blob));
        }

        var before = Digests.RootDigest(blobs);
        var checkpoint = Checkpoint.Open(snapshot);
        var edits = SomeEdit.Solve(checkpoint, SomeEdit.Policy(SomeEdit.LastSubject(0.01), [SomeEdit.Concept("van gogh", "dog")]));
        EditedFolder? published = null;

        EditedCheckpoint.Publish(checkpoint, () => edits, target["edited"], new PublishOptions(LinkRule.FollowInside, DigestCache.None), e => published = e);

        Assert.Equal(before, Digests.RootDigest(blobs));
        Assert.Equal(Digests.RootDigest(golden), published!.BaseDigest);
        Assert.Equal(Digests.RootDigest(target["edited"]), published.Digest);
        AssertTensors(golden, target["edited"], "text_encoder/model.safetensors", edits);
    }

    [Theory]
    [InlineData(LinkRule.FollowInside, "MG0280", "--allow-outside")]
    [InlineData(LinkRule.Refuse, "MG0265", "is a symbolic link; what it points to could change under a signature")]
    public void A_link_out_of_the_base_is_not_copied_unless_that_is_allowed(LinkRule rule, string code, string sentence)
    {
        using var source = TemporaryFolder.CopyOf(Golden.Model("sd1-tiny"));
        using var secrets = new TemporaryFolder();
        using var target = new TemporaryFolder();
        File.WriteAllText(secrets["id"], "a secret");
        File.CreateSymbolicLink(source["README.md"], secrets["id"]);
        var checkpoint = Checkpoint.Open(source.Path);

        var error = Assert.Throws<CheckpointException>(() => EditedCheckpoint.Publish(checkpoint, () => [], target["out"], new PublishOptions(rule, DigestCache.None), _ => { }));

        Assert.Equal(code, error.Code);
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(target.Path));
        EditedCheckpoint.Publish(checkpoint, () => [], target["out"], new PublishOptions(LinkRule.Follow, DigestCache.None), _ => { });
        Assert.Null(new FileInfo(target["out/README.md"]).LinkTarget);
        Assert.Equal("a secret", File.ReadAllText(target["out/README.md"]));
    }

    [Fact]
    public void Links_that_lead_in_a_circle_end_in_an_error()
    {
        using var source = TemporaryFolder.CopyOf(Golden.Model("sd1-tiny"));
        using var target = new TemporaryFolder();
        Directory.CreateSymbolicLink(source["again"], source.Path);

        var error = Assert.Throws<CheckpointException>(() => EditedCheckpoint.Publish(Checkpoint.Open(source.Path), () => [], target["out"], new PublishOptions(LinkRule.Follow, DigestCache.None), _ => { }));

        Assert.Equal("MG0265", error.Code);
    }

    [Fact]
    public void Unedited_weights_in_another_form_do_not_come_along()
    {
        using var source = TemporaryFolder.CopyOf(Golden.Model("sd1-tiny"));
        using var target = new TemporaryFolder();
        string[] others = ["text_encoder/model.fp16.safetensors", "text_encoder/openvino_model.xml", "text_encoder/pytorch_model.bin", "v1-5-pruned-emaonly.safetensors", "v1-5-pruned.ckpt"];
        foreach (var name in others) File.Copy(source["text_encoder/model.safetensors"], source[name]);
        File.Copy(source["unet/diffusion_pytorch_model.safetensors"], source["unet/diffusion_pytorch_model.fp16.safetensors"]);
        var checkpoint = Checkpoint.Open(source.Path);
        var edits = SomeEdit.Solve(checkpoint, SomeEdit.Policy(SomeEdit.LastSubject(0.01), [SomeEdit.Concept("van gogh", "dog")]));
        EditedFolder? published = null;

        EditedCheckpoint.Publish(checkpoint, () => edits, target["out"], new PublishOptions(LinkRule.Refuse, DigestCache.None), e => published = e);

        Assert.Equal(others, published!.LeftOut, StringComparer.Ordinal);
        Assert.Equal(Files(source.Path).Except(others, StringComparer.Ordinal), Files(target["out"]), StringComparer.Ordinal);
        Assert.Equal((Digests.RootDigest(source.Path), Digests.RootDigest(target["out"])), (published.BaseDigest, published.Digest));
    }

    [Fact]
    public void Other_forms_of_the_unets_weights_do_not_come_along_when_it_is_the_unet_that_is_edited()
    {
        using var source = TemporaryFolder.CopyOf(Golden.Model("sd1-tiny"));
        using var target = new TemporaryFolder();
        string[] others = ["unet/diffusion_pytorch_model.bin", "unet/diffusion_pytorch_model.fp16.safetensors"];
        foreach (var name in others) File.Copy(source["unet/diffusion_pytorch_model.safetensors"], source[name]);
        var checkpoint = Checkpoint.Open(source.Path);
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(0.01) with { Method = "uce" }, [SomeEdit.Concept("van gogh", "dog")]);
        EditedFolder? published = null;

        EditedCheckpoint.Publish(checkpoint, () => SomeEdit.Solve(checkpoint, policy), target["out"], new PublishOptions(LinkRule.Refuse, DigestCache.None), e => published = e);

        Assert.Equal(others, published!.LeftOut, StringComparer.Ordinal);
        Assert.Equal(Files(source.Path).Except(others, StringComparer.Ordinal), Files(target["out"]), StringComparer.Ordinal);
        Assert.Equal((Digests.RootDigest(source.Path), Digests.RootDigest(target["out"])), (published.BaseDigest, published.Digest));
    }

    [Fact]
    public void A_single_file_is_edited_in_its_own_form_and_every_other_byte_stays()
    {
        using var work = new TemporaryFolder();
        using var target = new TemporaryFolder();
        var tiny = Golden.Model("sd2-tiny");
        CheckpointConverter.ToSingleFile(Checkpoint.Open(tiny), work["tiny.safetensors"]);
        var checkpoint = Checkpoint.Open(work["tiny.safetensors"], new CheckpointOptions { Companion = tiny });
        var policy = SomeEdit.Policy(SomeEdit.LastSubject(0.01) with { Layers = [0, 1] }, [SomeEdit.Concept("van gogh", "dog")]);
        var edits = SomeEdit.Solve(checkpoint, policy);

        EditedCheckpoint.Publish(checkpoint, () => edits, target["out"], new PublishOptions(LinkRule.Refuse, DigestCache.None), _ => { });

        // The same edit in the other form: the same bytes.
        Assert.Equal(SomeEdit.Solve(Checkpoint.Open(tiny), policy).Select(e => e.Facts.DigestAfter), edits.Select(e => e.Facts.DigestAfter), StringComparer.Ordinal);
        Assert.Equal(["tiny.safetensors"], Files(target["out"]), StringComparer.Ordinal);
        using var file = SafetensorsFile.Open(work["tiny.safetensors"]);
        byte[] before = File.ReadAllBytes(work["tiny.safetensors"]), after = File.ReadAllBytes(target["out/tiny.safetensors"]);
        for (var layer = 0; layer < 2; layer++)
        {
            var info = file.Get(FormattableString.Invariant($"cond_stage_model.model.transformer.resblocks.{layer}.attn.out_proj.weight"));
            var place = new Range((int)info.Offset, (int)(info.Offset + info.ByteLength));
            Assert.True(edits[layer].Bytes.AsSpan().SequenceEqual(after.AsSpan()[place]));
            before.AsSpan()[place].Clear();
            after.AsSpan()[place].Clear();
        }

        Assert.True(before.AsSpan().SequenceEqual(after));
        Assert.Equal(["text_encoder"], Checkpoint.Open(target["out"], new CheckpointOptions { Companion = tiny }).TextEncoders.Select(e => e.Component), StringComparer.Ordinal);
    }

    [Fact]
    public void Both_text_encoders_of_Stable_Diffusion_XL_are_edited()
    {
        using var target = new TemporaryFolder();
        var checkpoint = Checkpoint.Open(Golden.Model("sdxl-tiny"));
        var edits = SomeEdit.Solve(checkpoint, SomeEdit.Policy(SomeEdit.LastSubject(0.01), [SomeEdit.Concept("van gogh", "dog")]));

        EditedCheckpoint.Publish(checkpoint, () => edits, target["out"], new PublishOptions(LinkRule.Refuse, DigestCache.None), _ => { });

        Assert.Equal([("text_encoder", 0), ("text_encoder_2", 0)], edits.Select(e => (e.Component, e.Layer)));
        AssertTensors(checkpoint.Path, target["out"], "text_encoder/model.safetensors", edits);
        AssertTensors(checkpoint.Path, target["out"], "text_encoder_2/model.safetensors", edits);
    }

    [Fact]
    public void Shards_are_edited_where_the_tensor_lies()
    {
        using var source = TemporaryFolder.CopyOf(Golden.Model("sd1-tiny"));
        using var target = new TemporaryFolder();
        Directory.Delete(source["text_encoder"], recursive: true);
        var sharded = Golden.Model("sd1-tiny-legacy/text_encoder_sharded");
        Directory.CreateDirectory(source["text_encoder"]);
        foreach (var file in Directory.EnumerateFiles(sharded)) File.Copy(file, source[Path.Combine("text_encoder", Path.GetFileName(file))]);
        var checkpoint = Checkpoint.Open(source.Path);
        var edits = SomeEdit.Solve(checkpoint, SomeEdit.Policy(SomeEdit.LastSubject(0.01), [SomeEdit.Concept("van gogh", "dog")]));

        EditedCheckpoint.Publish(checkpoint, () => edits, target["out"], new PublishOptions(LinkRule.Refuse, DigestCache.None), _ => { });

        Assert.Equal("F16", Assert.Single(edits).Facts.DataType);
        var different = Files(source.Path).Where(f => !Bytes(source.Path, f).SequenceEqual(Bytes(target["out"], f))).ToArray();
        AssertTensors(source.Path, target["out"], Assert.Single(different), edits);
        using var weights = Checkpoint.Open(target["out"]).Component("text_encoder").OpenWeights();
        Assert.Equal(edits[0].Bytes.Length, weights.Get(edits[0].Name).ByteLength);
    }

    [Fact]
    public void A_replacement_of_another_length_is_refused()
    {
        using var target = new TemporaryFolder();
        var edit = SomeEdit.Solve(SomeEdit.Tiny(), SomeEdit.Policy(SomeEdit.LastSubject(0.01), [SomeEdit.Concept("van gogh", "dog")]))[0];

        var error = Assert.Throws<CheckpointException>(() => EditedCheckpoint.Publish(SomeEdit.Tiny(), () => [edit with { Bytes = edit.Bytes[..^4] }], target["out"], new PublishOptions(LinkRule.Refuse, DigestCache.None), _ => { }));

        Assert.Equal("MG0211", error.Code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(target.Path));
    }

    [Fact]
    public void An_edit_that_fails_at_the_end_leaves_nothing_behind()
    {
        using var target = new TemporaryFolder();

        Assert.Throws<InvalidOperationException>(() => EditedCheckpoint.Publish(SomeEdit.Tiny(), () => [], target["out"], new PublishOptions(LinkRule.Refuse, DigestCache.None), _ => throw new InvalidOperationException()));

        Assert.Empty(Directory.EnumerateFileSystemEntries(target.Path));
    }

    private static void AssertTensors(string source, string target, string weights, IReadOnlyCollection<EditedTensor> edits)
    {
        using var before = SafetensorsFile.Open(Path.Combine(source, weights));
        using var after = SafetensorsFile.Open(Path.Combine(target, weights));
        Assert.Equal(before.Tensors.Select(t => (t.Name, t.DataType, t.Offset, t.ByteLength)), after.Tensors.Select(t => (t.Name, t.DataType, t.Offset, t.ByteLength)));
        var component = weights.Split('/')[0];
        foreach (var tensor in before.Tensors)
        {
            var edit = edits.SingleOrDefault(e => e.Component == component && e.Name == tensor.Name);
            var old = before.GetBytes(tensor);
            var actual = after.GetBytes(after.Get(tensor.Name));
            Assert.Equal(edit is null, old.SequenceEqual(actual));
            if (edit is null) continue;
            Assert.True(edit.Bytes.AsSpan().SequenceEqual(actual));
            Assert.Equal((edit.Facts.DigestBefore, edit.Facts.DigestAfter), (Digest(old), Digest(actual)));
        }
    }

    private static void AssertSameOutsideTheTensors(string source, string target, IReadOnlyCollection<EditedTensor> edits)
    {
        byte[] before = File.ReadAllBytes(source), after = File.ReadAllBytes(target);
        using var file = SafetensorsFile.Open(source);
        Assert.Equal(before.Length, after.Length);
        foreach (var edit in edits)
        {
            var info = file.Get(edit.Name);
            before.AsSpan((int)info.Offset, (int)info.ByteLength).Clear();
            after.AsSpan((int)info.Offset, (int)info.ByteLength).Clear();
        }

        Assert.True(before.AsSpan().SequenceEqual(after));
    }

    private static string Digest(ReadOnlySpan<byte> bytes) => "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));

    private static byte[] Bytes(string root, string name) => File.ReadAllBytes(Path.Combine(root, name));

    private static IEnumerable<string> Files(string root) => Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(root, f)).Order(StringComparer.Ordinal);
}
