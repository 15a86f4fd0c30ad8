using ModelGuard.Checkpoints.Conversion;

namespace ModelGuard.Checkpoints.Tests.Conversion;

/// <summary>What a round trip cannot show, because both ways would be wrong together.</summary>
public sealed class ReferenceFormTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_file_of_several_types_is_written_as_the_safetensors_library_wrote_it()
    {
        var original = Path.Combine(GoldenModel.Find("sd1-tiny-forms"), "text_encoder", "model.fp16.safetensors");
        using var file = SafetensorsFile.Open(original);
        Assert.Equal([TensorDataType.I64, TensorDataType.F16], file.Tensors.Select(t => t.DataType).Distinct());

        var tensors = StreamedTensor.InCanonicalOrder(file.Tensors.Reverse().Select(t => StreamedTensor.Of(file, t)));
        StreamedFile.Write(folder["again.safetensors"], StreamedFile.Header(tensors, file.Metadata), tensors, _ => { }, CancellationToken.None);

        Assert.Equal(File.ReadAllBytes(original), File.ReadAllBytes(folder["again.safetensors"]));
    }

    [Fact]
    public void Types_stand_in_the_order_of_the_library_and_names_in_it() => Assert.Equal(
        ["I64", "F64", "F32 a", "F32 b", "I32", "BF16", "F16", "U8"],
        StreamedTensor.InCanonicalOrder(new[] { "U8", "F32 b", "F16", "I32", "F64", "BF16", "F32 a", "I64" }.Select(n => new StreamedTensor(n, TensorDataTypes.Parse(n.Split(' ')[0])!.Value, [], []))).Select(t => t.Name),
        StringComparer.Ordinal);

    // PyTorch's MultiheadAttention: queries first, then keys, then values (torch/nn/functional.py, _in_projection_packed).
    [Theory]
    [InlineData("sd2-tiny", "text_encoder", "cond_stage_model.model.")]
    [InlineData("sdxl-tiny", "text_encoder_2", "conditioner.embedders.1.model.")]
    public void Queries_keys_and_values_stand_in_the_order_of_PyTorch(string model, string component, string prefix)
    {
        var source = Checkpoint.Open(GoldenModel.Find(model));
        CheckpointConverter.ToSingleFile(source, folder["model.safetensors"]);
        using var weights = source.Component(component).OpenWeights();
        using var file = SafetensorsFile.Open(folder["model.safetensors"]);

        foreach (var kind in new[] { "weight", "bias" })
        {
            byte[] expected = [.. new[] { "q", "k", "v" }.SelectMany(p => Bytes(weights.Get($"text_model.encoder.layers.1.self_attn.{p}_proj.{kind}")))];

            Assert.Equal(expected, file.GetBytes(file.Get($"{prefix}transformer.resblocks.1.attn.in_proj_{kind}")).ToArray());
        }
    }

    // OpenCLIP multiplies from the left (x @ text_projection), a linear layer by the transpose.
    [Fact]
    public void The_projection_of_XL_is_stored_as_its_transpose()
    {
        var source = Checkpoint.Open(GoldenModel.Find("sdxl-tiny"));
        CheckpointConverter.ToSingleFile(source, folder["model.safetensors"]);
        using var weights = source.Component("text_encoder_2").OpenWeights();
        using var file = SafetensorsFile.Open(folder["model.safetensors"]);
        var (reference, stored) = (Floats(Bytes(weights.Get("text_projection.weight"))), Floats(file.GetBytes(file.Get("conditioner.embedders.1.model.text_projection")).ToArray()));

        for (var row = 0; row < 40; row++)
        {
            for (var column = 0; column < 40; column++) Assert.Equal(reference[(40 * row) + column], stored[(40 * column) + row]);
        }
    }

    public void Dispose() => folder.Dispose();

    private static byte[] Bytes(WeightTensor tensor) => tensor.File.GetBytes(tensor.Stored, tensor.Start, tensor.ByteLength).ToArray();

    private static float[] Floats(byte[] bytes) => [.. bytes.Chunk(4).Select(b => BitConverter.ToSingle(b))];
}
