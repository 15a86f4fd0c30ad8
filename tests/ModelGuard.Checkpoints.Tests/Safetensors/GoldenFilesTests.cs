using System.Buffers.Binary;
using System.Text.Json;

namespace ModelGuard.Checkpoints.Tests.Safetensors;

/// <summary>Files that the reference library wrote.</summary>
public sealed class GoldenFilesTests
{
    [Fact]
    public void The_committed_files_are_read_as_their_headers_say() => AssertAllRead(RepositoryPaths.Golden, atLeast: 25);

    [Fact]
    public void The_files_beside_the_repository_are_read_as_their_headers_say()
    {
        var shared = Path.Combine(RepositoryPaths.Shared, "golden");
        Assert.SkipUnless(Directory.Exists(shared), "The reference data are not in shared/golden beside the repository.");

        AssertAllRead(shared, atLeast: 25);
    }

    private static void AssertAllRead(string folder, int atLeast)
    {
        string[] paths = [.. Directory.EnumerateFiles(folder, "*.safetensors", SearchOption.AllDirectories)];
        Assert.True(paths.Length >= atLeast, $"{paths.Length} files in '{folder}'.");
        Assert.All(paths, AssertRead);
    }

    // Reads the header a second time, with nothing of the reader under test.
    private static void AssertRead(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, length));
        using var file = SafetensorsFile.Open(path);

        var entries = header.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
        var metadata = entries.Remove("__metadata__", out var m) ? m.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, p.Value.GetString()!)) : [];
        Assert.Equal(metadata, file.Metadata);
        Assert.Equal(entries.Count, file.Tensors.Length);
        foreach (var (name, entry) in entries)
        {
            var tensor = file.Get(name);
            long[] offsets = [.. entry.GetProperty("data_offsets").EnumerateArray().Select(v => v.GetInt64())];
            Assert.Equal(entry.GetProperty("dtype").GetString(), tensor.DataType.ToString());
            Assert.Equal(entry.GetProperty("shape").EnumerateArray().Select(v => v.GetInt64()), tensor.Shape);
            Assert.Equal(bytes.AsSpan((int)(8 + length + offsets[0]), (int)(offsets[1] - offsets[0])), file.GetBytes(tensor));
        }
    }
}
