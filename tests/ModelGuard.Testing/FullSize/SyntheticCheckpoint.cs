using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using ModelGuard.Checkpoints;

namespace ModelGuard.Testing.FullSize;

/// <summary>
/// Checkpoints of the published sizes with made-up weights: names, shapes and types are those of Stable Diffusion 1.5, 2.1 and XL, taken
/// from their public configs, so that size, memory and time can be measured without their weights.
/// </summary>
public static class SyntheticCheckpoint
{
    private const int BlockBytes = 4 << 20;

    /// <summary>The models that there are configs for.</summary>
    public static ImmutableArray<string> Models { get; } = ["sd15", "sd21", "sdxl"];

    /// <summary>Where a model's public configs lie.</summary>
    public static string Configs(string model) => Path.Combine(RepositoryPaths.Root, "tests", "ModelGuard.Testing", "FullSize", "Configs", model);

    /// <summary>The tensors of a component.</summary>
    public static ImmutableArray<TensorShape> Shapes(string configFile)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(configFile));
        return Path.GetFileName(Path.GetDirectoryName(configFile)) switch
        {
            "unet" => UnetShapes.Of(document.RootElement),
            "vae" => VaeShapes.Of(document.RootElement),
            _ => TextEncoderShapes.Of(document.RootElement),
        };
    }

    /// <summary>Writes a diffusers folder.</summary>
    /// <param name="folder">The folder to create.</param>
    /// <param name="model">One of <see cref="Models"/>.</param>
    /// <param name="type">F32, F16 or BF16.</param>
    /// <param name="isSparse">Leaves the weights as holes that read as zeros and take no space.</param>
    /// <param name="tokenizer">A CLIP tokenizer's folder, copied; none when null.</param>
    /// <param name="components">Which networks get weights; all when empty.</param>
    public static void Write(string folder, string model, TensorDataType type, bool isSparse, string? tokenizer, params IReadOnlyCollection<string> components)
    {
        var configs = Configs(model);
        foreach (var file in Directory.EnumerateFiles(configs, "*.json", SearchOption.AllDirectories))
        {
            var target = Path.Combine(folder, Path.GetRelativePath(configs, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
            var component = Path.GetFileName(Path.GetDirectoryName(target)!);
            if (Path.GetFileName(file) != "config.json" || (components.Count > 0 && !components.Contains(component, StringComparer.Ordinal))) continue;
            var name = component.StartsWith("text_encoder", StringComparison.Ordinal) ? "model.safetensors" : "diffusion_pytorch_model.safetensors";
            WriteWeights(Path.Combine(Path.GetDirectoryName(target)!, name), Shapes(target), type, isSparse);
        }

        using var index = JsonDocument.Parse(File.ReadAllText(Path.Combine(configs, "model_index.json")));
        foreach (var slot in index.RootElement.EnumerateObject().Select(p => p.Name).Where(n => n.StartsWith("tokenizer", StringComparison.Ordinal)))
        {
            Directory.CreateDirectory(Path.Combine(folder, slot));
            foreach (var file in tokenizer is null ? [] : Directory.EnumerateFiles(tokenizer)) File.Copy(file, Path.Combine(folder, slot, Path.GetFileName(file)), overwrite: true);
        }
    }

    /// <summary>Writes one file; the weights are small made-up numbers, norms are 1 and biases 0.</summary>
    public static void WriteWeights(string path, ImmutableArray<TensorShape> shapes, TensorDataType type, bool isSparse)
    {
        var size = type.SizeInBytes();
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        ImmutableArray<TensorShape> sorted = [.. shapes.OrderBy(s => s.Name, StringComparer.Ordinal)];
        stream.Write(Header(sorted, type, size));
        if (isSparse)
        {
            stream.SetLength(stream.Position + (sorted.Sum(s => s.Count) * size));
            return;
        }

        var (numbers, ones, zeros) = (Numbers(type), Ones(type), new byte[BlockBytes]);
        foreach (var shape in sorted)
        {
            var block = shape.Name.EndsWith(".bias", StringComparison.Ordinal) ? zeros : shape.Shape.Length == 1 ? ones : numbers;
            for (var left = shape.Count * size; left > 0; left -= BlockBytes) stream.Write(block.AsSpan(0, (int)Math.Min(left, BlockBytes)));
        }
    }

    private static byte[] Header(ImmutableArray<TensorShape> shapes, TensorDataType type, int size)
    {
        var json = new StringBuilder("{\"__metadata__\":{\"format\":\"pt\"}");
        long offset = 0;
        foreach (var shape in shapes)
        {
            var end = offset + (shape.Count * size);
            json.Append(System.Globalization.CultureInfo.InvariantCulture, $",\"{shape.Name}\":{{\"dtype\":\"{type}\",\"shape\":[{string.Join(',', shape.Shape)}],\"data_offsets\":[{offset},{end}]}}");
            offset = end;
        }

        json.Append('}');
        json.Append(' ', (8 - (json.Length % 8)) % 8);
        var result = new byte[8 + json.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(result, (ulong)json.Length);
        Encoding.ASCII.GetBytes(json.ToString(), result.AsSpan(8));
        return result;
    }

    // Between −0.04 and 0.04: about the spread that trained layers of this size have.
    private static byte[] Numbers(TensorDataType type)
    {
        var state = 0x9E3779B97F4A7C15UL;
        return Fill(type, () =>
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            return (((state >> 40) / (float)(1 << 24)) - 0.5f) * 0.08f;
        });
    }

    private static byte[] Ones(TensorDataType type) => Fill(type, () => 1);

    private static byte[] Fill(TensorDataType type, Func<float> next)
    {
        var block = new byte[BlockBytes];
        var size = type.SizeInBytes();
        for (var i = 0; i < BlockBytes; i += size)
        {
            var target = block.AsSpan(i);
            if (type == TensorDataType.F32) BinaryPrimitives.WriteSingleLittleEndian(target, next());
            else if (type == TensorDataType.F16) BinaryPrimitives.WriteHalfLittleEndian(target, (Half)next());
            else BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)(BitConverter.SingleToUInt32Bits(next()) >> 16));
        }

        return block;
    }
}
