using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Weights;

/// <summary>Moves tensors from checkpoints into modules. State-dict keys are the reference's own keys, so loading is a lookup.</summary>
public static class ModuleWeights
{
    /// <summary>
    /// Creates a network in the type that it computes in and fills it. Names and shapes are compared on a copy that takes no memory, so that
    /// weights that do not fit end in a sentence before gigabytes are asked for.
    /// </summary>
    /// <param name="network">Its constructor.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="dtype">The type to compute in.</param>
    /// <param name="mayIgnore">As for <see cref="Load"/>.</param>
    /// <param name="nameInWeights">As for <see cref="Load"/>.</param>
    /// <exception cref="CheckpointException">MG0230 missing, MG0231 other shape, MG0232 left over.</exception>
    internal static T Create<T>(Func<T> network, ComponentWeights weights, ScalarType dtype, Func<string, bool>? mayIgnore = null, Func<string, string>? nameInWeights = null)
        where T : nn.Module
    {
        using (var outline = EmptyParameter.Create(dtype, network, META)) Match(outline, weights, mayIgnore, nameInWeights);
        var module = EmptyParameter.Create(dtype, network);
        module.eval();
        Load(module, weights, mayIgnore, nameInWeights);
        return module;
    }

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
