using System.Collections.Immutable;

namespace ModelGuard.Checkpoints.Conversion;

/// <summary>What a conversion did.</summary>
/// <param name="Family">What was converted.</param>
/// <param name="Files">The files that were written, relative to the output; the output's own name for a single file.</param>
/// <param name="Tensors">How many tensors.</param>
/// <param name="Bytes">How many bytes of tensors.</param>
/// <param name="Notes">What was left out or assumed, in sentences for people.</param>
public sealed record ConversionResult(ModelFamily Family, ImmutableArray<string> Files, int Tensors, long Bytes, ImmutableArray<string> Notes);

/// <summary>How far a conversion is.</summary>
/// <param name="Done">Bytes written.</param>
/// <param name="Total">Bytes to write.</param>
public sealed record ConversionProgress(long Done, long Total);
