using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace ModelGuard.Checkpoints;

/// <summary>The tensors of one network by the reference's names, over one file, several shards, or a part of a single-file checkpoint. It owns its files.</summary>
public sealed class ComponentWeights : IDisposable
{
    private readonly FrozenDictionary<string, WeightTensor> byName;
    private readonly ImmutableArray<SafetensorsFile> files;

    /// <summary>Takes over the files.</summary>
    public ComponentWeights(string place, IEnumerable<SafetensorsFile> files, IEnumerable<WeightTensor> tensors)
    {
        Place = place;
        this.files = [.. files];
        Tensors = [.. tensors];
        byName = Tensors.ToFrozenDictionary(t => t.Name, StringComparer.Ordinal);
    }

    /// <summary>What messages name: the file, or the shards' index.</summary>
    public string Place { get; }

    /// <summary>The tensors, in the order of the files.</summary>
    public ImmutableArray<WeightTensor> Tensors { get; }

    /// <summary>All tensors of one file, as they are.</summary>
    /// <exception cref="CheckpointException">As <see cref="SafetensorsFile.Open"/>.</exception>
    public static ComponentWeights OfFile(string path)
    {
        var file = SafetensorsFile.Open(path);
        return new ComponentWeights(path, [file], file.Tensors.Select(t => WeightTensor.Of(file, t)));
    }

    /// <summary>Finds a tensor by name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out WeightTensor? tensor) => byName.TryGetValue(name, out tensor);

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="CheckpointException">MG0208 when there is none.</exception>
    public WeightTensor Get(string name) => byName.TryGetValue(name, out var tensor)
        ? tensor
        : throw new CheckpointException("MG0208", $"'{Place}' holds no tensor '{name}'. Name a file that holds it.", Place);

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var file in files) file.Dispose();
    }
}
