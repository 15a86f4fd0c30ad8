using System.Collections.Immutable;
using ModelGuard.Checkpoints.Conversion;

namespace ModelGuard.Checkpoints.Tests.SingleFile;

/// <summary>A single file of some tensors with zeros, to be damaged by tests.</summary>
internal static class SmallFile
{
    public static void Write(string path, IEnumerable<(string Name, long[] Shape)> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        SafetensorsWriter.Write(path, tensors.Select(t => new TensorSource(t.Name, TensorDataType.U8, [.. t.Shape], new byte[t.Shape.Aggregate(1L, (p, s) => p * s)])), metadata);

    /// <summary>The golden model as a file, with tensors and metadata as a test wants them.</summary>
    public static string OfModel(string model, string path, Func<ImmutableArray<TensorSource>, IEnumerable<TensorSource>>? change = null, Action<Dictionary<string, string>>? describe = null)
    {
        var plain = path + ".plain";
        CheckpointConverter.ToSingleFile(Checkpoint.Open(GoldenModel.Find(model)), plain);
        File.Move(plain, plain + ".safetensors");
        using (var file = SafetensorsFile.Open(plain + ".safetensors"))
        {
            ImmutableArray<TensorSource> tensors = [.. file.Tensors.Select(t => new TensorSource(t.Name, t.DataType, t.Shape, file.GetBytes(t).ToArray()))];
            var metadata = new Dictionary<string, string>(file.Metadata, StringComparer.Ordinal);
            describe?.Invoke(metadata);
            SafetensorsWriter.Write(path, change?.Invoke(tensors) ?? tensors, metadata);
        }

        File.Delete(plain + ".safetensors");
        return path;
    }
}
