using System.Text;
using System.Text.Json;

namespace ModelGuard.Checkpoints.Tests.Folders;

public sealed class ShardTests : IDisposable
{
    private const string Index = "model.safetensors.index.json";
    private const string First = "model-00001-of-00002.safetensors";
    private const string Second = "model-00002-of-00002.safetensors";
    private readonly TemporaryFolder folder = new();

    public ShardTests()
    {
        WriteShard(First, "a", "b");
        WriteShard(Second, "c");
        WriteIndex(("a", First), ("b", First), ("c", Second));
    }

    [Fact]
    public void Shards_are_read_as_one()
    {
        using var weights = Component.OfFolder(folder.Path).OpenWeights();

        Assert.Equal(["a", "b", "c"], weights.Tensors.Select(t => t.Name), StringComparer.Ordinal);
        Assert.Equal(folder[Second], weights.Get("c").File.Path);
        Assert.Equal(folder[Index], weights.Place);
    }

    [Fact]
    public void Shards_that_transformers_wrote_hold_what_the_single_file_of_that_variant_holds()
    {
        var forms = GoldenModel.Find("sd1-tiny-forms");

        var whole = GoldenModel.Contents(Component.OfFolder(Path.Combine(forms, "text_encoder")));
        // Versions of transformers before 4.31 stored the indices of positions as well.
        Assert.True(whole.Remove("text_model.embeddings.position_ids"));

        Assert.Equal(whole, GoldenModel.Contents(Component.OfFolder(Path.Combine(forms, "text_encoder_sharded"))));
    }

    [Fact]
    public void A_whole_file_is_read_before_shards()
    {
        WriteShard("model.safetensors", "x");

        var component = Component.OfFolder(folder.Path);

        Assert.Equal([folder["model.safetensors"]], component.WeightFiles);
        Assert.Equal([folder[First], folder[Second], folder[Index]], component.OtherWeightFiles);
    }

    [Theory]
    [InlineData("../model.safetensors")]
    [InlineData("..\\\\model.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("/etc/model.safetensors")]
    [InlineData("C:model.safetensors")]
    [InlineData("other/model.safetensors")]
    [InlineData(".safetensors")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("model.bin")]
    [InlineData("model.safetensors\\u0000")]
    public void An_index_that_names_anything_but_a_file_beside_it_is_refused(string name)
    {
        WriteIndex($$$"""{"weight_map":{"a":"{{{name}}}"}}""");

        AssertRefused("MG0214", $"The index '{folder[Index]}' says that the tensor 'a' lies in '");
    }

    [Theory]
    [InlineData("", "is no valid JSON")]
    [InlineData("{", "is no valid JSON")]
    [InlineData("not json", "is no valid JSON")]
    [InlineData("{\"weight_map\":{\"a\":\"\\ud800\"}}", "is no valid JSON")]
    [InlineData("{\"weight_map\":{\"a\":\"x.safetensors\",\"a\":\"y.safetensors\"}}", "is no valid JSON")]
    [InlineData("[]", "has no object 'weight_map' that maps tensors to files.")]
    [InlineData("{}", "has no object 'weight_map' that maps tensors to files.")]
    [InlineData("{\"weight_map\":[]}", "has no object 'weight_map' that maps tensors to files.")]
    [InlineData("{\"weight_map\":{}}", "lists no tensors.")]
    [InlineData("{\"weight_map\":{\"a\":7}}", "maps the tensor 'a' to 7 instead of the name of a file.")]
    [InlineData("{\"weight_map\":{\"a\":null}}", "maps the tensor 'a' to null instead of the name of a file.")]
    public void An_index_that_is_none_is_refused(string text, string sentence)
    {
        WriteIndex(text);

        AssertRefused("MG0213", sentence);
    }

    [Fact]
    public void An_index_that_is_nested_too_deeply_is_refused()
    {
        WriteIndex(new string('[', 100_000));

        AssertRefused("MG0213", "is no valid JSON");
    }

    [Fact]
    public void An_index_that_is_too_large_is_refused_before_it_is_read()
    {
        using (var stream = File.OpenWrite(folder[Index])) stream.SetLength(65 << 20);

        AssertRefused("MG0213", "has 68157440 bytes; no index has more than 67108864.");
    }

    [Fact]
    public void An_index_that_is_a_named_pipe_is_refused_instead_of_waited_for()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no pipes among its files.");
        File.Delete(folder[Index]);
        NamedPipe.Make(folder[Index]);

        AssertRefused("MG0213", "is a named pipe, not a file.");
    }

    [Fact]
    public void Missing_shards_are_counted_and_the_first_is_named()
    {
        WriteIndex([.. Enumerable.Range(1, 1000).Select(i => (FormattableString.Invariant($"t{i}"), FormattableString.Invariant($"model-{i:00000}-of-01000.safetensors")))]);

        var error = AssertRefused("MG0215", $"Of the 1000 shard(s) that the index '{folder[Index]}' lists, 1000 are missing, first 'model-00001-of-01000.safetensors'.");
        Assert.InRange(error.Message.Length, 1, 400);
    }

    [Fact]
    public void A_shard_that_was_cut_off_is_named()
    {
        using (var stream = File.OpenWrite(folder[Second])) stream.SetLength(stream.Length - 1);

        AssertRefused("MG0207", $"'{folder[Second]}' has ");
    }

    [Fact]
    public void A_tensor_that_is_not_in_its_shard_is_named_with_it()
    {
        WriteIndex(("a", First), ("b", First), ("c", Second), ("d", Second));

        AssertRefused("MG0216", $"The index '{folder[Index]}' puts the tensor 'd' in '{Second}', which does not hold it.");
    }

    [Fact]
    public void A_tensor_that_the_index_does_not_list_is_named()
    {
        WriteIndex(("a", First), ("c", Second));

        AssertRefused("MG0217", $"The shard '{folder[First]}' holds the tensor 'b', which the index '{Index}' does not list.");
    }

    [Fact]
    public void A_tensor_in_two_shards_is_named()
    {
        WriteShard(Second, "c", "a");

        AssertRefused("MG0218", $"The shard '{folder[Second]}' holds the tensor 'a', which the index '{Index}' puts in '{First}'.");
    }

    [Fact]
    public void A_refused_index_keeps_no_shard_open()
    {
        WriteShard(Second, "c", "a");
        AssertRefused("MG0218", "holds the tensor 'a'");

        // Windows would refuse this, were a map still there.
        File.Delete(folder[First]);
        File.Delete(folder[Second]);
    }

    public void Dispose() => folder.Dispose();

    private void WriteShard(string name, params string[] tensors) =>
        SafetensorsWriter.Write(folder[name], tensors.Select(t => new TensorSource(t, TensorDataType.F32, [1], Encoding.ASCII.GetBytes(t.PadRight(4)))));

    private void WriteIndex(params (string Tensor, string File)[] map) => WriteIndex(JsonSerializer.Serialize(new { metadata = new { total_size = 12 }, weight_map = map.ToDictionary(m => m.Tensor, m => m.File, StringComparer.Ordinal) }));

    private void WriteIndex(string text) => File.WriteAllText(folder[Index], text);

    private CheckpointException AssertRefused(string code, string sentence)
    {
        var error = Assert.Throws<CheckpointException>(() => Component.OfFolder(folder.Path).OpenWeights());
        Assert.Equal(code, error.Code);
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(error.Message, char.IsControl);
        return error;
    }
}
