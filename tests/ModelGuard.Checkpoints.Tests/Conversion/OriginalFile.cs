using System.Collections.Immutable;
using ModelGuard.Checkpoints.Conversion;

namespace ModelGuard.Checkpoints.Tests.Conversion;

/// <summary>A single file as its author would have published it: in an order of its own, with tensors that no network uses, and without configs.</summary>
internal static class OriginalFile
{
    public static string Write(string source, string path)
    {
        var plain = path + ".plain.safetensors";
        CheckpointConverter.ToSingleFile(Checkpoint.Open(source), plain);
        using (var file = SafetensorsFile.Open(plain))
        {
            var tensors = file.Tensors.Select(t => new TensorSource(t.Name, t.DataType, t.Shape, file.GetBytes(t).ToArray())).Concat(Extras(file));
            // Neither the order of the library nor that of the alphabet.
            SafetensorsWriter.Write(path, tensors.OrderBy(t => t.Name.Length).ThenByDescending(t => t.Name, StringComparer.Ordinal), new Dictionary<string, string>(StringComparer.Ordinal) { ["modelspec.title"] = "A model" });
        }

        File.Delete(plain);
        return path;
    }

    private static IEnumerable<TensorSource> Extras(SafetensorsFile file)
    {
        yield return Filled("alphas_cumprod", [1000]);
        yield return Filled("model_ema.decay", []);
        yield return Filled("first_stage_model.loss.logvar", [1]);
        if (!file.Tensors.Any(t => t.Name.StartsWith("cond_stage_model.model.", StringComparison.Ordinal))) yield break;
        // The whole tower of OpenCLIP: a last layer that Stable Diffusion 2 does not use, and the projection.
        var layers = file.Tensors.Where(t => t.Name.StartsWith("cond_stage_model.model.transformer.resblocks.", StringComparison.Ordinal)).ToLookup(t => int.Parse(t.Name.Split('.')[4], System.Globalization.CultureInfo.InvariantCulture));
        foreach (var t in layers[0]) yield return Filled(t.Name.Replace("resblocks.0.", FormattableString.Invariant($"resblocks.{layers.Count}."), StringComparison.Ordinal), t.Shape);
        yield return Filled("cond_stage_model.model.text_projection", [40, 40]);
        yield return Filled("cond_stage_model.model.logit_scale", []);
    }

    private static TensorSource Filled(string name, ImmutableArray<long> shape)
    {
        var bytes = new byte[4 * shape.Aggregate(1L, (p, s) => p * s)];
        new Random(name.Length).NextBytes(bytes);
        return new TensorSource(name, TensorDataType.F32, shape, bytes);
    }
}
