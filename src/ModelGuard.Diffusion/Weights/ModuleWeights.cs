using ModelGuard.Checkpoints;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Weights;

/// <summary>Moves tensors from checkpoints into modules. State-dict keys are the reference's own keys, so loading is a lookup.</summary>
public static class ModuleWeights
{
    /// <summary>
    /// Fills every parameter of <paramref name="module"/> from its component, converting to the parameter's type one tensor at a time. All
    /// names and shapes are compared before the first byte is read. Tensors that no parameter asks for are an error unless
    /// <paramref name="mayIgnore"/> accepts them, so that a checkpoint of another architecture never loads by half.
    /// </summary>
    /// <param name="module">The module.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="mayIgnore">Names in the component that have no parameter on purpose (buffers of old versions, layers that are not needed).</param>
    /// <param name="nameInWeights">Parameter path → name in the component; identity when null.</param>
    /// <exception cref="CheckpointException">MG0230 missing, MG0231 other shape, MG0232 left over.</exception>
    public static void Load(nn.Module module, ComponentWeights weights, Func<string, bool>? mayIgnore = null, Func<string, string>? nameInWeights = null)
    {
        using var noGrad = no_grad();
        foreach (var (parameter, stored) in Match(module, weights, mayIgnore, nameInWeights)) TensorConversion.Read(stored, parameter);
    }

    /// <summary>Compares all names and shapes, and reads nothing.</summary>
    /// <inheritdoc cref="Load" />
    public static void Check(nn.Module module, ComponentWeights weights, Func<string, bool>? mayIgnore = null) => Match(module, weights, mayIgnore, null);

    private static List<(Parameter Parameter, WeightTensor Stored)> Match(nn.Module module, ComponentWeights weights, Func<string, bool>? mayIgnore, Func<string, string>? nameInWeights)
    {
        var pairs = new List<(Parameter, WeightTensor)>();
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, parameter) in module.named_parameters())
        {
            var name = nameInWeights?.Invoke(path) ?? path;
            if (!weights.TryGet(name, out var stored))
            {
                throw new CheckpointException("MG0230", $"'{weights.Place}' has no tensor '{name}', which its config calls for.", weights.Place);
            }

            if (!stored.Shape.AsSpan().SequenceEqual(parameter.shape))
            {
                throw new CheckpointException("MG0231", $"'{weights.Place}' holds '{name}' with shape [{string.Join(", ", stored.Shape)}]; its config calls for [{string.Join(", ", parameter.shape)}].", weights.Place);
            }

            used.Add(name);
            pairs.Add((parameter, stored));
        }

        string[] left = [.. weights.Tensors.Select(t => t.Name).Where(n => !used.Contains(n) && mayIgnore?.Invoke(n) != true)];
        if (left.Length > 0)
        {
            throw new CheckpointException("MG0232", $"'{weights.Place}' holds {left.Length} tensor(s) that its config does not call for, first '{left[0]}'. The config and the weights belong to different models.", weights.Place);
        }

        return pairs;
    }
}
