using System.Collections.Immutable;
using ModelGuard.Attestations;
using ModelGuard.Checkpoints;
using ModelGuard.Deltas;
using ModelGuard.Editing;

namespace ModelGuard.Proving;

/// <summary>An edit that was solved again and held against the tensors of an edited checkpoint.</summary>
/// <param name="Edits">The tensors as solved again; their digests are those of the checkpoint's.</param>
/// <param name="IsExact">Whether the checkpoint has them bit for bit.</param>
/// <param name="Deviation">How far the tensor that is furthest out is from the one solved again, as a fraction of its change; 0 where all are exact.</param>
/// <param name="Bound">The bound of that tensor.</param>
public sealed record RederivedEdit(ImmutableArray<EditedTensor> Edits, bool IsExact, double Deviation, double Bound)
{
    /// <summary>Holds tensors against those of an edited checkpoint.</summary>
    /// <param name="edits">What was solved again.</param>
    /// <param name="edited">The edited checkpoint.</param>
    /// <param name="mustBeExact">Whether every bit must be the same, because processor and library are those of the report.</param>
    /// <param name="solveBehind">Solves again with each layer seeing the given checkpoint's tensors before it, so that every tensor is judged by itself.</param>
    /// <exception cref="AttestationException">MG2023: a tensor is not what policy and base make.</exception>
    public static RederivedEdit Require(ImmutableArray<EditedTensor> edits, Checkpoint edited, bool mustBeExact, Func<Checkpoint, ImmutableArray<EditedTensor>> solveBehind)
    {
        var compared = Compare(edits, edited);
        if (compared.All(c => c.IsExact)) return new RederivedEdit(edits, IsExact: true, 0, 0);
        if (mustBeExact)
        {
            var wrong = compared.First(c => !c.IsExact);
            var numbers = wrong.Stored.Bytes.Length / wrong.Size;
            throw Refuse(edited, wrong.Edit, FormattableString.Invariant($"{wrong.Differing()} of its {numbers} numbers differ, on the processor and with the library that it was made with"));
        }

        if (edits.Length > 1 && !compared.All(c => c.IsWithin)) compared = Compare(solveBehind(edited), edited);
        // Infinite sorts last; a distance that is no number is not within anything.
        var worst = compared.MaxBy(c => c.IsWithin ? c.Deviation / c.Bound : double.PositiveInfinity)!;
        return worst.IsWithin
            ? new RederivedEdit([.. compared.Select(c => c.Edit with { Facts = c.Edit.Facts with { DigestAfter = DeltaWriter.Digest(c.Stored.Bytes) } })], IsExact: false, worst.Deviation, worst.Bound)
            : throw Refuse(edited, worst.Edit, FormattableString.Invariant($"it is off by {worst.Deviation:0.0e+0} of the change, and other processors or libraries explain {worst.Bound:0.0e+0}"));
    }

    private static ImmutableArray<Comparison> Compare(ImmutableArray<EditedTensor> edits, Checkpoint edited)
    {
        var result = new Comparison[edits.Length];
        foreach (var component in edits.Index().GroupBy(e => e.Item.Component, StringComparer.Ordinal))
        {
            using var weights = edited.Component(component.Key).OpenWeights();
            foreach (var (index, edit) in component)
            {
                if (!weights.TryGet(edit.Name, out var weight) || weight.ByteLength != edit.Bytes.Length || weight.DataType.ToString() != edit.Facts.DataType) throw Refuse(edited, edit, "it is missing, or has another type or shape");
                result[index] = new Comparison(edit, StoredTensor.Read(weight));
            }
        }

        return [.. result];
    }

    private static AttestationException Refuse(Checkpoint edited, EditedTensor edit, string why) => AttestationException.Refuse("MG2023", $"The tensor '{edit.Component}/{edit.Name}' in '{edited.Path}' is not what this policy makes of this base: {why}. Do not use the model: fetch it again from its source, or edit the base again.");

    /// <summary>A tensor as solved again beside the one that is stored.</summary>
    private sealed record Comparison(EditedTensor Edit, StoredTensor Stored)
    {
        public int Size => Stored.DataType.SizeInBytes();

        public bool IsExact => Edit.Bytes.AsSpan().SequenceEqual(Stored.Bytes);

        public double Deviation { get; } = Distance(Edit, Stored) / Edit.Facts.FrobeniusDelta;

        public double Bound => Edit.Facts.RederivationBound;

        public bool IsWithin => Deviation <= Bound;

        public int Differing() => Enumerable.Range(0, Stored.Bytes.Length / Size).Count(i => !Edit.Bytes.AsSpan(i * Size, Size).SequenceEqual(Stored.Bytes.AsSpan(i * Size, Size)));

        private static double Distance(EditedTensor edit, StoredTensor stored)
        {
            var sum = 0.0;
            for (var i = 0; i < stored.Bytes.Length / stored.DataType.SizeInBytes(); i++)
            {
                var difference = StoredNumbers.Read(stored.Bytes, i, stored.DataType) - StoredNumbers.Read(edit.Bytes.AsSpan(), i, stored.DataType);
                sum += difference * difference;
            }

            return Math.Sqrt(sum);
        }
    }
}
