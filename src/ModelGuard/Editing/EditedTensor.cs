using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Weights;
using ModelGuard.Fingerprints;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>One tensor of the edited checkpoint with what a reviewer needs to know about it.</summary>
/// <param name="Component">The component, for example <c>text_encoder</c>.</param>
/// <param name="Name">The tensor's key.</param>
/// <param name="Layer">The layer of the text encoder, or the cross-attention layer of the UNet, each numbered from 0.</param>
/// <param name="Bytes">Its new elements in the stored type.</param>
/// <param name="Facts">What was computed.</param>
public sealed record EditedTensor(string Component, string Name, int Layer, ImmutableArray<byte> Bytes, EditFacts Facts)
{
    /// <summary>How far each preserved prompt drifts at this tensor.</summary>
    public ImmutableArray<PromptDrift> Drift { get; init; } = [];

    /// <summary>What the text encoder computes behind this tensor's layer; only at the last edited tensor of an encoder.</summary>
    public EncoderFingerprint? Fingerprint { get; init; }

    /// <summary>Its elements as a tensor of the stored type; the caller disposes it.</summary>
    internal Tensor Stored(long[] shape)
    {
        var stored = empty(shape, dtype: TensorConversion.ToScalarType(TensorDataTypes.Parse(Facts.DataType)!.Value));
        Bytes.AsSpan().CopyTo(stored.bytes);
        return stored;
    }
}

/// <summary>What was computed for one tensor.</summary>
/// <param name="DataType">The stored type.</param>
/// <param name="Constraints">Rows of the system that ask for a change.</param>
/// <param name="Preserved">Rows that ask for no change.</param>
/// <param name="FrobeniusDelta">‖W − W₀‖.</param>
/// <param name="RelativeDelta">‖W − W₀‖ ÷ ‖W₀‖.</param>
/// <param name="MaxAbsDelta">Largest change of an element.</param>
/// <param name="ConditionNumber">Of the system.</param>
/// <param name="Residual">‖W K − V‖ ÷ ‖V‖.</param>
/// <param name="RoundingError">‖stored W − W‖ ÷ ‖W − W₀‖: how much of the change the stored type loses.</param>
/// <param name="DigestBefore">SHA-256 of the tensor's bytes before.</param>
/// <param name="DigestAfter">SHA-256 of the tensor's bytes after.</param>
public sealed record EditFacts(
    string DataType,
    int Constraints,
    int Preserved,
    double FrobeniusDelta,
    double RelativeDelta,
    double MaxAbsDelta,
    double ConditionNumber,
    double Residual,
    double RoundingError,
    string DigestBefore,
    string DigestAfter)
{
    /// <summary>Captions of ordinary text whose second moment takes the place of a plain λI; 0 for none.</summary>
    public int Captions { get; init; }

    /// <summary>
    /// How far the tensor may be from what is solved again on another processor or with another LibTorch, as a fraction of ‖W − W₀‖. Two
    /// solutions of a system with condition number κ differ by some κ · 2⁻⁵² (Higham, 2002, section 7.1), and each is rounded once.
    /// </summary>
    public double RederivationBound => (2 * RoundingError) + (SolverMargin * ConditionNumber * Math.ScaleB(1, -52));

    // Between instruction sets of one processor 0.5 was measured; the rest is room for other libraries.
    private const int SolverMargin = 64;
}
