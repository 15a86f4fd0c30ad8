using ModelGuard.Checkpoints;
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
        var edits = DiffQuickFix.Solve(checkpoint, policy);

        EditedCheckpoint.Publish(checkpoint, edits, target["out"], partial => File.WriteAllText(Path.Combine(partial, "modelguard-report.json"), "{}"));

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

        EditedCheckpoint.Publish(DiffusersFolder.Open(source.Path), [], target["out"], _ => { });

        Assert.DoesNotContain(Files(target["out"]), about.Contains);
        Assert.Equal(before, Digests.RootDigest(target["out"]));
        Assert.Equal(before, Digests.RootDigest(source.Path));
    }

    [Fact]
    public void Links_of_the_base_become_files()
    {
        using var source = TemporaryFolder.CopyOf(Golden.Model("sd1-tiny"));
        using var blobs = new TemporaryFolder();
        using var target = new TemporaryFolder();
        var digest = Digests.RootDigest(source.Path);
        Directory.Move(source["unet"], blobs["unet"]);
        Directory.CreateSymbolicLink(source["unet"], blobs["unet"]);
        var weights = Path.Combine(source["text_encoder"], "model.safetensors");
        File.Move(weights, blobs["0123"]);
        File.CreateSymbolicLink(weights, blobs["0123"]);
        var checkpoint = DiffusersFolder.Open(source.Path);
        var edits = DiffQuickFix.Solve(checkpoint, SomeEdit.Policy(SomeEdit.LastSubject(0.01), [SomeEdit.Concept("van gogh", "dog")]));

        EditedCheckpoint.Publish(checkpoint, [], target["same"], _ => { });
        EditedCheckpoint.Publish(checkpoint, edits, target["edited"], _ => { });

        Assert.Equal(digest, Digests.RootDigest(target["same"]));
        AssertTensors(source.Path, target["edited"], "text_encoder/model.safetensors", edits);
    }

    [Fact]
    public void An_edit_that_fails_at_the_end_leaves_nothing_behind()
    {
        using var target = new TemporaryFolder();

        Assert.Throws<InvalidOperationException>(() => EditedCheckpoint.Publish(SomeEdit.Tiny(), [], target["out"], _ => throw new InvalidOperationException()));

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
