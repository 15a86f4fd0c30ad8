using System.Collections.Immutable;
using System.Security.Cryptography;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Text;
using ModelGuard.Diffusion.Weights;
using ModelGuard.Policies;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>
/// DiffQuickFix (Basu et al., "Localizing and Editing Knowledge in Text-to-Image Generative Models", ICLR 2024): a ridge update of the
/// self-attention output projection of the text encoder. Three things differ from the released notebook: the target leaves the bias out,
/// because the layer adds it again; all concepts are solved in one system; rows for preserved prompts take part. With several layers each is
/// solved on the keys that the layers edited before it leave, against the targets of the unedited model.
/// </summary>
public static class DiffQuickFix
{
    private const string Component = "text_encoder";

    /// <summary>Solves the edit of a policy. Only the embeddings and the first layers of the text encoder are read.</summary>
    /// <param name="checkpoint">The base.</param>
    /// <param name="policy">The policy.</param>
    /// <exception cref="EditException">MG1001 for a layer that the model lacks, MG1002 for a subject that is cut off, MG1003 for a system without solution, MG1004 when the edit vanishes in rounding.</exception>
    /// <exception cref="CheckpointException">The base cannot be used.</exception>
    public static ImmutableArray<EditedTensor> Solve(Checkpoint checkpoint, Policy policy)
    {
        var encoder = checkpoint.Component(Component);
        var settings = CLIPTextModel.ReadConfig(encoder);
        var layers = policy.Edit.Layers ?? [.. Enumerable.Range(0, settings.NumHiddenLayers)];
        if (layers[^1] >= settings.NumHiddenLayers)
        {
            throw new EditException("MG1001", FormattableString.Invariant($"'edit.layers' names layer {layers[^1]}, but the text encoder '{encoder.Place}' has {settings.NumHiddenLayers} layers, numbered from 0."));
        }

        using var scope = NewDisposeScope();
        using var original = CLIPTextModel.Load(encoder, ScalarType.Float64, layers[^1] + 1);
        using var edited = CLIPTextModel.Load(encoder, ScalarType.Float64, layers[^1] + 1);
        using var weights = encoder.OpenWeights();
        var tokenizer = CLIPTokenizer.Load(checkpoint, "tokenizer");
        var plan = DiffQuickFixPlan.Create(policy, tokenizer);
        using var keys = new EditKeys(plan, original, edited);
        return [.. layers.Select(layer => SolveLayer(layer, plan, policy.Edit, keys, edited, weights))];
    }

    private static EditedTensor SolveLayer(int layer, DiffQuickFixPlan plan, EditSection options, EditKeys keys, CLIPTextModel edited, ComponentWeights weights)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var name = KeyReader.OutProj(layer) + ".weight";
        var info = weights.Get(name);
        var stored = TensorConversion.Read(info);
        var before = stored.to(ScalarType.Float64);
        var edit = new Constraints(Rows(keys.Old.Read(layer), plan.OldPositions), matmul(Rows(keys.New.Read(layer), plan.NewPositions), before.t()), 1);
        var preserve = keys.Preserved is not { } kept ? null : new Constraints(
            Rows(kept.Edited.Read(layer), plan.PreservedPositions),
            matmul(Rows(kept.Original.Read(layer), plan.PreservedPositions), before.t()),
            options.PreserveWeight);
        var solution = RidgeSystem.Solve(before, edit, preserve, options.Lambda);
        var after = solution.Weight.to(stored.dtype);
        if (!after.isfinite().all().item<bool>()) throw new EditException("MG1003", $"The edit of '{name}' leaves the range of the stored type {info.DataType}, so that some of its numbers would be infinite. Raise 'edit.lambda', or use a base in a wider type.");
        if (!after.ne(stored).any().item<bool>()) throw new EditException("MG1004", $"The edit of '{name}' vanishes in rounding: no element of the stored type {info.DataType} changes. Lower 'edit.lambda', or use a base in a wider type.");
        // The next layers must see what will be stored, not what was solved.
        edited.named_parameters().First(p => p.name == name).parameter.copy_(after);
        var (oldBytes, newBytes) = (TensorConversion.ToBytes(stored), TensorConversion.ToBytes(after));
        var delta = solution.Weight - before;
        var facts = new EditFacts(
            info.DataType.ToString(),
            checked((int)edit.Keys.shape[0]),
            checked((int)(preserve?.Keys.shape[0] ?? 0)),
            delta.norm().item<double>(),
            (delta.norm() / before.norm()).item<double>(),
            delta.abs().max().item<double>(),
            solution.ConditionNumber,
            solution.Residual,
            ((after.to(ScalarType.Float64) - solution.Weight).norm() / delta.norm()).item<double>(),
            Digest(oldBytes),
            Digest(newBytes));
        return new EditedTensor(Component, name, layer, [.. newBytes], facts);
    }

    /// <summary>Picks rows: keys [n, positions, width] and (prompt, position) pairs → [pairs, width].</summary>
    private static Tensor Rows(Tensor keys, ImmutableArray<(int Prompt, int Position)> picks)
    {
        using var scope = NewDisposeScope();
        var flat = keys.reshape(-1, keys.shape[2]);
        return flat.index_select(0, tensor(picks.Select(p => (p.Prompt * keys.shape[1]) + p.Position).ToArray())).MoveToOuterDisposeScope();
    }

    private static string Digest(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
}
