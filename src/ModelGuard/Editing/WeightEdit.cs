using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Weights;
using ModelGuard.Policies;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>What is asked of one weight W₀ [m, d].</summary>
/// <param name="Edit">Rows that are to change.</param>
/// <param name="Preserve">Rows that are to stay; null for none.</param>
internal sealed record WeightDemand(Constraints Edit, Constraints? Preserve)
{
    /// <summary>Second moment E[k kᵀ] of ordinary text [d, d]; null for none.</summary>
    public Tensor? Moment { get; init; }

    /// <summary>Whether nobody else needs <see cref="Moment"/>, so that it may be overwritten.</summary>
    public bool IsMomentSpare { get; init; }

    /// <summary>λI + C where it was made before, in place of <see cref="Moment"/>; disposed when the weight is solved.</summary>
    public RidgeLimit? Limit { get; init; }

    /// <summary>Names that the rows of <see cref="Edit"/> belong to.</summary>
    public int Names { get; init; } = 1;

    /// <summary>Captions that the moment was taken over.</summary>
    public int Captions { get; init; }

    /// <summary>Keys [h, d] that keep their output exactly; null for none.</summary>
    public Tensor? HardKeys { get; init; }

    /// <summary>Keys [n, positions, d] of the watched prompts in the unedited model; null when there are none.</summary>
    public Tensor? Watched { get; init; }

    /// <summary>What they belong to, one for each sentence of <see cref="Watched"/>.</summary>
    public ImmutableArray<(string Name, string Prompt)> WatchedPrompts { get; init; } = [];
}

/// <summary>Where an edited weight stands.</summary>
/// <param name="Component">The component, for example <c>text_encoder</c>.</param>
/// <param name="Layer">Its layer.</param>
/// <param name="Weight">The weight in the file.</param>
internal sealed record WeightSite(string Component, int Layer, WeightTensor Weight);

/// <summary>Solves one weight, rounds it to its stored type, and says what came of it.</summary>
internal static class WeightEdit
{
    /// <summary>The activity of one weight: reading it and its keys, solving and rounding. Nothing is timed unless somebody listens.</summary>
    internal const string Activity = "edit weight";

    private static readonly ActivitySource Activities = new("ModelGuard.Editing");

    /// <summary>The weight as it will be stored, with its facts; the caller disposes <paramref name="after"/>.</summary>
    /// <param name="site">Where it stands.</param>
    /// <param name="options">λ and μ.</param>
    /// <param name="demand">What is asked, given W₀ in float64.</param>
    /// <param name="after">The new weight in the stored type.</param>
    /// <exception cref="EditException">MG1003, MG1004 or MG1006.</exception>
    public static EditedTensor Solve(WeightSite site, EditSection options, Func<Tensor, WeightDemand> demand, out Tensor after)
    {
        using var activity = Activities.StartActivity(Activity);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (name, type) = (site.Weight.Name, site.Weight.DataType);
        var stored = TensorConversion.Read(site.Weight);
        var before = stored.to(ScalarType.Float64);
        var asked = demand(before);
        using var limit = asked.Limit;
        var solution = RidgeSystem.Solve(before, asked.Edit, asked.Preserve, options.Lambda, Bounds(asked, options));
        after = solution.Weight.to(stored.dtype).MoveToOuterDisposeScope();
        if (!RidgeSystem.AreNumbers(after)) throw new EditException("MG1003", $"The edit of '{name}' leaves the range of the stored type {type}, so that some of its numbers would be infinite. Raise 'edit.lambda', or use a base in a wider type.");
        if (after.Equals(stored)) throw new EditException("MG1004", $"The edit of '{name}' vanishes in rounding: no element of the stored type {type} changes. Lower 'edit.lambda', or use a base in a wider type.");
        // Digests take a core 3 ms, and what is measured meanwhile is bound by memory.
        var hashBefore = Task.Run(() => Digest(stored.bytes));
        var bytes = TensorConversion.ToBytes(after);
        var (drift, original) = (Drift(asked, before, after), before.norm().item<double>());
        var digestBefore = hashBefore.GetAwaiter().GetResult();
        var hashAfter = Task.Run(() => Digest(bytes));
        // In place: a matrix that is claimed anew costs more than what is computed with it. In float64 these are the stored numbers.
        var delta = before.sub_(solution.Weight);
        var (length, largest) = (delta.norm().item<double>(), Math.Max(delta.max().item<double>(), -delta.min().item<double>()));
        var rounding = delta.copy_(after).sub_(solution.Weight).norm().item<double>();
        var facts = new EditFacts(
            type.ToString(),
            checked((int)asked.Edit.Keys.shape[0]),
            checked((int)(asked.Preserve?.Keys.shape[0] ?? 0)),
            length,
            length / original,
            largest,
            solution.ConditionNumber,
            solution.Residual,
            rounding / length,
            digestBefore,
            hashAfter.GetAwaiter().GetResult())
        {
            Captions = asked.Moment is null && limit is null ? 0 : asked.Captions,
        };
        return new EditedTensor(site.Component, name, site.Layer, ImmutableCollectionsMarshal.AsImmutableArray(bytes), facts) { Drift = drift };
    }

    private static RidgeBounds? Bounds(WeightDemand asked, EditSection options)
    {
        if (asked.Limit is { } limit) return new RidgeBounds(null, null) { Limit = limit };
        if (asked.Moment is null) return asked.HardKeys is null ? null : new RidgeBounds(null, asked.HardKeys);
        var moment = asked.IsMomentSpare ? asked.Moment : asked.Moment.clone();
        return new RidgeBounds(TextCovariance.Of(moment, TextCovariance.Weight(options, asked.Edit.Count, asked.Names)), asked.HardKeys) { IsSpare = true };
    }

    private static ImmutableArray<PromptDrift> Drift(WeightDemand asked, Tensor before, Tensor after)
    {
        if (asked.Watched is not { } keys) return [];
        var change = after.to(ScalarType.Float64) - before;
        var moved = matmul(keys, change.t()).norm(-1);
        var was = matmul(keys, before.t()).norm(-1);
        // Where W₀ gives nothing, any change is infinitely large and no change is none.
        var drift = (moved / was).nan_to_num(0, double.MaxValue, 0).amax(1).data<double>().ToArray();
        return [.. asked.WatchedPrompts.Zip(drift, (prompt, d) => new PromptDrift(prompt.Name, prompt.Prompt, d))];
    }

    private static string Digest(ReadOnlySpan<byte> bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
}
