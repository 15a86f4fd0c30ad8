using System.Collections.Immutable;
using ModelGuard.Checkpoints.SingleFile;

namespace ModelGuard.Checkpoints.Conversion;

/// <summary>A network of a diffusers folder as the tensors of a single file.</summary>
internal static class SingleFileNetwork
{
    private const string Indices = ".position_ids";

    /// <summary>Gives a network's tensors the names and forms of a single file.</summary>
    /// <param name="part">The network.</param>
    /// <param name="weights">Its weights.</param>
    /// <exception cref="CheckpointException">MG0275 for tensors that a single file has no place for.</exception>
    public static ImmutableArray<StreamedTensor> Convert(SingleFilePart part, ComponentWeights weights)
    {
        var names = NetworkNames.OfReference(part.Kind, new NameTree(weights.Tensors.Select(t => t.Name)));
        var places = names.Pairs.ToDictionary(p => p.Reference, StringComparer.Ordinal);
        if (weights.Tensors.FirstOrDefault(t => !places.ContainsKey(t.Name) && !IsLeftOut(part, t.Name)) is { } homeless) throw Bad($"has the tensor '{homeless.Name}', which has no place in a single file");
        NamePair[] present = [.. names.Pairs.Where(p => weights.TryGet(p.Reference, out _))];
        RequireReadable(present);
        return [.. present.GroupBy(p => p.Original, StringComparer.Ordinal).Select(g => Tensor(part.Prefix + g.Key, [.. g.OrderBy(p => p.Placement).Select(p => (p.Placement, weights.Get(p.Reference)))]))];

        StreamedTensor Tensor(string name, (Placement Placement, WeightTensor Weight)[] pieces)
        {
            var (placement, weight) = pieces[0];
            var shape = weight.Shape;
            switch (placement)
            {
                case Placement.Pointwise when shape.Length == 2:
                    return new StreamedTensor(name, weight.DataType, [.. shape, 1, 1], [ByteRun.Of(weight)]);
                case Placement.Transposed when shape.Length == 2:
                    return new StreamedTensor(name, weight.DataType, [shape[1], shape[0]], [ByteRun.Of(weight, isTransposed: true)]);
                case Placement.Same or Placement.Pointwise or Placement.Transposed:
                    return new StreamedTensor(name, weight.DataType, shape, [ByteRun.Of(weight)]);
                case var _ when pieces.Length == 3 && shape.Length > 0 && pieces.All(p => p.Weight.DataType == weight.DataType && p.Weight.Shape.SequenceEqual(shape)):
                    return new StreamedTensor(name, weight.DataType, shape.SetItem(0, 3 * shape[0]), [.. pieces.Select(p => ByteRun.Of(p.Weight))]);
                default:
                    throw Bad($"cannot join queries, keys and values to the tensor '{name}' of a single file, because they are not three tensors of one shape and type; one of them is '{weight.Name}'");
            }
        }

        // The steps of a single file are counted in one row: a level that does not end with a sampler could not be told from the next one.
        void RequireReadable(NamePair[] pairs)
        {
            var read = NetworkNames.OfOriginal(part.Kind, new NameTree(pairs.Select(p => p.Original)), weights.Tensors.Length).Pairs.ToLookup(p => p.Original, StringComparer.Ordinal);
            if (Array.Find(pairs, p => !read[p.Original].Any(r => r.Placement == p.Placement && (r.Reference == p.Reference || part.Kind == NetworkKind.Vae))) is { } lost)
            {
                throw Bad($"has a structure that a single file cannot say: the tensor '{lost.Reference}' would be read as another one");
            }
        }

        CheckpointException Bad(string what) => new("MG0275", $"The component '{part.Component}' in '{weights.Place}' {what}. Only networks of Stable Diffusion 1, 2 and XL have a single-file form.", weights.Place);
    }

    /// <summary>Whether a single file has no place for a tensor that the network does without.</summary>
    public static bool IsLeftOut(SingleFilePart part, string name) => part.IsTextEncoder && part.Kind != NetworkKind.Clip && name.EndsWith(Indices, StringComparison.Ordinal);

    /// <summary>Whether a tensor of a template may stand where the folder has none.</summary>
    public static bool IsOptional(string original) => original.EndsWith(Indices, StringComparison.Ordinal);
}
