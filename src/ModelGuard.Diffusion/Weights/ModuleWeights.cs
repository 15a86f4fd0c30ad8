using ModelGuard.Checkpoints;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Weights;

/// <summary>Moves tensors between safetensors files and modules. State-dict keys are the files' own keys, so loading is a lookup.</summary>
public static class ModuleWeights
{
    /// <summary>
    /// Fills every parameter of <paramref name="module"/> from the file, converting to the parameter's type. Tensors that no parameter asks
    /// for are an error unless <paramref name="mayIgnore"/> accepts them, so that a checkpoint of another architecture never loads by half.
    /// </summary>
    /// <param name="module">The module.</param>
    /// <param name="file">The weights.</param>
    /// <param name="mayIgnore">Names in the file that have no parameter on purpose (buffers of old versions, layers that are not needed).</param>
    /// <param name="nameInFile">Parameter path → name in the file; identity when null.</param>
    /// <exception cref="CheckpointException">MG0230 missing, MG0231 other shape, MG0232 left over.</exception>
    public static void Load(nn.Module module, SafetensorsFile file, Func<string, bool>? mayIgnore = null, Func<string, string>? nameInFile = null)
    {
        using var noGrad = no_grad();
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, parameter) in module.named_parameters())
        {
            var name = nameInFile?.Invoke(path) ?? path;
            if (!file.TryGet(name, out var info))
            {
                throw new CheckpointException("MG0230", $"'{file.Path}' has no tensor '{name}', which its config calls for.", file.Path);
            }

            if (!info.Shape.AsSpan().SequenceEqual(parameter.shape))
            {
                throw new CheckpointException("MG0231", $"'{file.Path}' holds '{name}' with shape [{string.Join(", ", info.Shape)}]; its config calls for [{string.Join(", ", parameter.shape)}].", file.Path);
            }

            used.Add(name);
            using var stored = TensorConversion.Read(file, info);
            parameter.copy_(stored);
        }

        string[] left = [.. file.Tensors.Select(t => t.Name).Where(n => !used.Contains(n) && mayIgnore?.Invoke(n) != true)];
        if (left.Length > 0)
        {
            throw new CheckpointException("MG0232", $"'{file.Path}' holds {left.Length} tensor(s) that its config does not call for, first '{left[0]}'. The config and the weights belong to different models.", file.Path);
        }
    }
}
