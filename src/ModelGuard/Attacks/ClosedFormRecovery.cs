using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Hooks;
using static TorchSharp.torch;

namespace ModelGuard.Attacks;

/// <summary>
/// The key from which an edited weight gives what the base gave: k′ = (r I + W′ᵀ W′)⁻¹ W′ᵀ W₀ k, RECE's closed form (Gong et al., 2024, eq. 7)
/// carried over to the weights of a text encoder that an edit changed. It is written into the activations, so it shows what the edited weights
/// still hold, not what a prompt can reach.
/// </summary>
internal static class ClosedFormRecovery
{
    // Relative to the mean of the diagonal: a weight of any size is treated alike.
    private const double Regulariser = 1e-3;

    /// <summary>What the edited encoder gives for a prompt with recovered keys at all positions; the caller disposes it.</summary>
    public static CLIPTextOutput Run(CLIPTextModel edited, CLIPTextModel original, long[] ids)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var input = tensor(ids).unsqueeze(0);
        var weights = original.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        var hooks = new List<IDisposable>();
        var keys = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        try
        {
            foreach (var (name, weight) in edited.named_parameters().Where(p => p.name.EndsWith(".weight", StringComparison.Ordinal) && p.parameter.dim() == 2 && p.name.Contains(".layers.", StringComparison.Ordinal)))
            {
                if (weight.equal(weights[name]).all().item<bool>()) continue;
                var path = name[..^".weight".Length];
                hooks.Add(ActivationHooks.OnInput(original, path, x =>
                {
                    keys[path] = x.alias().DetachFromDisposeScope();
                    return x;
                }));
                hooks.Add(ActivationHooks.OnInput(edited, path, _ => Recover(weight, weights[name], keys[path])));
            }

            original.call(input);
            var output = edited.call(input);
            return output.Rows([0]).MoveToOuter();
        }
        finally
        {
            hooks.ForEach(h => h.Dispose());
            foreach (var key in keys.Values) key.Dispose();
        }
    }

    private static Tensor Recover(Tensor edited, Tensor original, Tensor keys)
    {
        using var scope = NewDisposeScope();
        var (after, before) = (edited.to(ScalarType.Float64), original.to(ScalarType.Float64));
        var system = matmul(after.t(), after);
        system += Regulariser * system.diagonal().mean() * eye(system.shape[0], dtype: ScalarType.Float64);
        var wanted = matmul(keys.to(ScalarType.Float64).flatten(0, 1), matmul(before.t(), after));
        return linalg.solve(system, wanted.t()).t().view(keys.shape).to(keys.dtype).MoveToOuterDisposeScope();
    }
}
