using System.Collections.Immutable;

namespace ModelGuard.Checkpoints.SingleFile;

/// <summary>A network of a single file.</summary>
/// <param name="Component">Its name in a pipeline.</param>
/// <param name="Prefix">What its tensors' names begin with.</param>
/// <param name="Kind">What it is.</param>
internal sealed record SingleFilePart(string Component, string Prefix, NetworkKind Kind)
{
    /// <summary>Whether it is a text encoder.</summary>
    public bool IsTextEncoder => Kind is NetworkKind.Clip or NetworkKind.OpenClip or NetworkKind.ProjectedOpenClip;

    /// <summary>The network's names, read from a file's tensors.</summary>
    /// <param name="tensors">All tensors of the file.</param>
    /// <param name="layers">As for <see cref="NetworkNames.OfOriginal"/>.</param>
    public NetworkNames Names(IEnumerable<TensorInfo> tensors, int? layers) => NetworkNames.OfOriginal(Kind, new NameTree(Own(tensors).Select(t => t.Name[Prefix.Length..])), layers);

    /// <summary>Finds the network's tensors, in the order of the file.</summary>
    /// <param name="tensors">All tensors of the file.</param>
    /// <param name="layers">As for <see cref="NetworkNames.OfOriginal"/>.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="CheckpointException">MG0264 when it has none, MG0271 for one that belongs nowhere, MG0272 for one of an impossible shape.</exception>
    public ImmutableArray<PlacedTensor> Place(IReadOnlyCollection<TensorInfo> tensors, int? layers, string path)
    {
        TensorInfo[] own = [.. Own(tensors)];
        if (own.Length == 0) throw new CheckpointException("MG0264", $"'{path}' holds no component '{Component}': none of its tensors begins with '{Prefix}'. Use a whole checkpoint.", path);
        var names = Names(own, layers);
        var places = names.Pairs.ToLookup(p => Prefix + p.Original, StringComparer.Ordinal);
        string[] unknown = [.. own.Select(t => t.Name).Where(n => !places.Contains(n) && !names.IsUnused(n[Prefix.Length..]))];
        if (unknown.Length > 0)
        {
            var others = unknown.Length == 1 ? "" : FormattableString.Invariant($" (and {unknown.Length - 1} more)");
            throw new CheckpointException("MG0271", $"In '{path}' the tensor '{unknown[0]}'{others} stands among those of the component '{Component}', but no layer that is known here has it. The model is of another architecture, or the file is damaged; use the diffusers folder of the model if there is one.", path);
        }

        return [.. own.SelectMany(t => places[t.Name].Select(p => PlacedTensor.Of(p, t, path)))];
    }

    private IEnumerable<TensorInfo> Own(IEnumerable<TensorInfo> tensors) => tensors.Where(t => t.Name.StartsWith(Prefix, StringComparison.Ordinal));
}
