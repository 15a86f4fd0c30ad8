using System.Buffers.Binary;
using System.Collections.Immutable;
using ModelGuard.Checkpoints.SingleFile;

namespace ModelGuard.Checkpoints.Conversion;

/// <summary>An original single file that gives another one its order, its metadata and the tensors that belong to no network.</summary>
internal sealed class SingleFileTemplate : IDisposable
{
    private readonly SingleFileSource source;
    private readonly SafetensorsFile file;

    /// <summary>Opens a template.</summary>
    /// <exception cref="CheckpointException">As <see cref="SingleFileSource.Read"/>.</exception>
    public SingleFileTemplate(string path)
    {
        PickleFormats.Refuse(path);
        source = SingleFileSource.Read(path, companion: null);
        file = SafetensorsFile.Open(path);
    }

    /// <summary>Puts the tensors of a model into the template's order.</summary>
    /// <param name="layout">The layout of the model.</param>
    /// <param name="tensors">Its tensors.</param>
    /// <returns>All tensors of the new file, and its header.</returns>
    /// <exception cref="CheckpointException">MG0276 when template and model are not of one kind.</exception>
    public (ImmutableArray<StreamedTensor> Tensors, byte[] Header) Fill(SingleFileLayout layout, IEnumerable<StreamedTensor> tensors)
    {
        if (source.Layout.Family != layout.Family || source.Layout.Generation != layout.Generation) throw Bad($"is {source.Layout.Family.Description} of another generation than the model, or another family");
        var own = tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
        var networks = source.Layout.Parts.SelectMany(p => p.Place(file.Tensors, null, file.Path)).Select(t => t.Stored.Name).ToHashSet(StringComparer.Ordinal);
        var result = ImmutableArray.CreateBuilder<StreamedTensor>(file.Tensors.Length);
        var isSame = true;
        foreach (var stored in file.Tensors)
        {
            if (!own.Remove(stored.Name, out var tensor))
            {
                if (networks.Contains(stored.Name) && !SingleFileNetwork.IsOptional(stored.Name)) throw Bad($"has the tensor '{stored.Name}', which the model lacks");
                result.Add(StreamedTensor.Of(file, stored));
                continue;
            }

            if (Elements(stored.Shape) != Elements(tensor.Shape)) throw Bad($"has the tensor '{stored.Name}' with the shape [{string.Join(", ", stored.Shape)}], the model with [{string.Join(", ", tensor.Shape)}]");
            isSame &= stored.DataType == tensor.DataType;
            result.Add(tensor with { Shape = stored.Shape });
        }

        if (own.Count > 0) throw Bad($"lacks the tensor '{own.Keys.Order(StringComparer.Ordinal).First()}', which the model has");
        var all = result.ToImmutable();
        return (all, isSame ? OwnHeader() : StreamedFile.Header(all, file.Metadata));
    }

    /// <inheritdoc />
    public void Dispose() => file.Dispose();

    // Byte for byte: its order of keys and its padding may be those of another program.
    private byte[] OwnHeader()
    {
        using var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Span<byte> length = stackalloc byte[8];
        stream.ReadExactly(length);
        var header = new byte[8 + BinaryPrimitives.ReadInt64LittleEndian(length)];
        stream.Position = 0;
        stream.ReadExactly(header);
        return header;
    }

    private static Int128 Elements(ImmutableArray<long> shape) => shape.Aggregate(Int128.One, (product, side) => product * side);

    private CheckpointException Bad(string what) => new("MG0276", $"The template '{file.Path}' {what}. Name the single file that the model came from, or leave --like out.", file.Path);
}
