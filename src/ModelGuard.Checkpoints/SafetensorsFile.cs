using System.Collections.Frozen;
using System.Collections.Immutable;
using System.IO.MemoryMappedFiles;

namespace ModelGuard.Checkpoints;

/// <summary>A safetensors file, validated when it is opened and read through a memory map: only the pages of tensors that are asked for come into memory.</summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly FrozenDictionary<string, TensorInfo> byName;
    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly unsafe byte* start;
    private readonly FileStream stream;

    private unsafe SafetensorsFile(string path, SafetensorsHeader header, FileStream opened)
    {
        Path = path;
        Tensors = header.Tensors;
        Metadata = header.Metadata;
        byName = header.Tensors.ToFrozenDictionary(t => t.Name, StringComparer.Ordinal);
        stream = opened;
        map = MemoryMappedFile.CreateFromFile(stream, mapName: null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        view = map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        start = pointer + view.PointerOffset;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The tensors in the order of their data.</summary>
    public ImmutableArray<TensorInfo> Tensors { get; }

    /// <summary>The header's <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="CheckpointException">MG0208 when there is none.</exception>
    public TensorInfo Get(string name) => byName.TryGetValue(name, out var info)
        ? info
        : throw new CheckpointException("MG0208", $"'{Path}' holds no tensor '{name}'. Name a file that holds it.", Path);

    /// <summary>Opens and validates a file.</summary>
    /// <exception cref="CheckpointException">MG0200 for a missing file, MG0201 to MG0207 for a damaged one, MG0210 for a pickle, MG0212 for a Git LFS pointer.</exception>
    public static SafetensorsFile Open(string path)
    {
        PickleFormats.Refuse(path);
        if (!FileSystem.Exists(path)) throw new CheckpointException("MG0200", $"The weights file '{path}' does not exist. Name an existing one, or copy the checkpoint again, whole.", path);
        if (FileSystem.IsPipe(path)) throw new CheckpointException("MG0201", $"'{path}' is a named pipe, not a file. Copy the checkpoint again, whole.", path);
        var opened = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            var header = SafetensorsHeader.Read(opened, path);
            return new SafetensorsFile(path, header, opened);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Finds a tensor by name.</summary>
    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TensorInfo? info) => byName.TryGetValue(name, out info);

    /// <summary>The bytes of a tensor, in the map: valid until this object is disposed.</summary>
    /// <exception cref="CheckpointException">MG0209 for a tensor above 2 GiB, which does not fit into one span; use <see cref="OpenTensor"/>.</exception>
    public ReadOnlySpan<byte> GetBytes(TensorInfo info) => GetBytes(info, 0, info.ByteLength);

    /// <summary>A run of a tensor's bytes, in the map: valid until this object is disposed.</summary>
    /// <param name="info">The tensor.</param>
    /// <param name="from">Where the run begins, from the start of the tensor.</param>
    /// <param name="length">How long it is.</param>
    /// <exception cref="CheckpointException">MG0209 for a run above 2 GiB, which does not fit into one span.</exception>
    public unsafe ReadOnlySpan<byte> GetBytes(TensorInfo info, long from, long length)
    {
        RequireOwn(info);
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, info.ByteLength - length);
        return length <= int.MaxValue
            ? new ReadOnlySpan<byte>(start + info.Offset + from, (int)length)
            : throw new CheckpointException("MG0209", FormattableString.Invariant($"The tensor '{info.Name}' of '{Path}' has {length} bytes, more than the 2 GiB that can be read at once. Convert it to a narrower type."), Path);
    }

    /// <summary>Reads a run of a tensor's bytes past the map, so that gigabytes that are only copied out do not count as this process's memory.</summary>
    /// <param name="info">The tensor.</param>
    /// <param name="from">Where the run begins, from the start of the tensor.</param>
    /// <param name="destination">Where it goes.</param>
    /// <exception cref="CheckpointException">MG0207 when the file has become shorter.</exception>
    public void Read(TensorInfo info, long from, Span<byte> destination)
    {
        RequireOwn(info);
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, info.ByteLength - destination.Length);
        for (var done = 0; done < destination.Length;)
        {
            var count = RandomAccess.Read(stream.SafeFileHandle, destination[done..], info.Offset + from + done);
            if (count == 0) throw new CheckpointException("MG0207", $"'{Path}' has become shorter while it was read. Copy it again, and let nothing write to it meanwhile.", Path);
            done += count;
        }
    }

    /// <summary>A tensor of any size as a stream.</summary>
    public Stream OpenTensor(TensorInfo info)
    {
        RequireOwn(info);
        // A view of length 0 would reach to the end of the file.
        return info.ByteLength == 0 ? new MemoryStream([], writable: false) : map.CreateViewStream(info.Offset, info.ByteLength, MemoryMappedFileAccess.Read);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (!view.SafeMemoryMappedViewHandle.IsClosed) view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        map.Dispose();
        stream.Dispose();
    }

    // Anyone can make a TensorInfo; reading one of another file through a pointer would leave the map, or give another tensor's bytes.
    private void RequireOwn(TensorInfo info)
    {
        ObjectDisposedException.ThrowIf(view.SafeMemoryMappedViewHandle.IsClosed, this);
        if (!byName.TryGetValue(info.Name, out var own) || own.Offset != info.Offset || own.ByteLength != info.ByteLength)
        {
            throw new ArgumentException($"The tensor '{info.Name}' does not lie there in '{Path}'; it was read from another file.", nameof(info));
        }
    }
}
