using System.Collections.Immutable;
using ModelGuard.Diffusion.Clip;
using static TorchSharp.torch;

namespace ModelGuard.Tracing;

/// <summary>What is measured on runs of a text encoder.</summary>
internal interface IRunMeasure
{
    /// <summary>The names of what is measured.</summary>
    ImmutableArray<string> Names { get; }

    /// <summary>Measures rows; one array for each name, one value for each row.</summary>
    /// <param name="rows">Outputs of the traced encoder.</param>
    /// <param name="runs">The draw that each row belongs to.</param>
    /// <param name="isCleanElsewhere">Whether the pipeline's other text encoders run clean, or else under the noise of the same draw.</param>
    double[][] Measure(CLIPTextOutput rows, IReadOnlyList<int> runs, bool isCleanElsewhere);
}

/// <summary>
/// How near the states are to those of the clean run: 1 − ‖h − h_clean‖ / ‖h_clean‖ (Frobenius), of what reaches cross-attention
/// (<c>hidden-state</c>) and of the pooled row (<c>pooled</c>). 1 is the clean run itself.
/// </summary>
internal sealed class EmbeddingMeasure(CLIPTextOutput clean, Func<CLIPTextOutput, Tensor> states) : IRunMeasure
{
    /// <summary>Name of the measure of all token states.</summary>
    public const string HiddenState = "hidden-state";

    /// <summary>Name of the measure of the pooled row.</summary>
    public const string Pooled = "pooled";

    /// <inheritdoc />
    public ImmutableArray<string> Names { get; } = [HiddenState, Pooled];

    /// <inheritdoc />
    public double[][] Measure(CLIPTextOutput rows, IReadOnlyList<int> runs, bool isCleanElsewhere) =>
        [Nearness(states(rows), states(clean)), Nearness(PooledOf(rows), PooledOf(clean))];

    private static Tensor PooledOf(CLIPTextOutput output) => output.TextEmbeds ?? output.PoolerOutput;

    /// <summary>1 − distance to a row, in its norms: rows [n, ..] and the row [1, ..] → n values.</summary>
    internal static double[] Nearness(Tensor rows, Tensor clean)
    {
        using var scope = NewDisposeScope();
        var target = clean[0].flatten().to(ScalarType.Float64);
        var distance = (rows.flatten(1).to(ScalarType.Float64) - target).norm(1) / target.norm();
        return [.. distance.cpu().data<double>().Select(d => 1 - d)];
    }
}
