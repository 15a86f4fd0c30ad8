namespace ModelGuard.Checkpoints.Tests;

/// <summary>Models that the reference libraries wrote.</summary>
internal static class GoldenModel
{
    /// <summary>The committed folder, or the one beside the repository. The test is skipped where there is neither.</summary>
    public static string Find(string name)
    {
        if (name == "sdxl-tiny") return GoldenModels.StableDiffusionXL;
        var committed = Path.Combine(RepositoryPaths.Golden, name);
        if (Directory.Exists(committed)) return committed;
        var shared = Path.Combine(RepositoryPaths.Shared, "golden", name);
        Assert.SkipUnless(Directory.Exists(shared), $"The reference data '{name}' is neither in tests/golden nor in shared/golden beside the repository.");
        return shared;
    }

    /// <summary>Every tensor of a component: name, type, shape and bytes in the reference's order.</summary>
    public static Dictionary<string, string> Contents(Component component)
    {
        using var weights = component.OpenWeights();
        return weights.Tensors.ToDictionary(t => t.Name, t => $"{t.DataType} [{string.Join(", ", t.Shape)}] {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(Bytes(t)))}", StringComparer.Ordinal);
    }

    private static byte[] Bytes(WeightTensor tensor)
    {
        var stored = tensor.File.GetBytes(tensor.Stored, tensor.Start, tensor.ByteLength);
        if (!tensor.IsTransposed) return stored.ToArray();
        var (rows, columns, size) = ((int)tensor.Shape[0], (int)tensor.Shape[1], tensor.DataType.SizeInBytes());
        var result = new byte[stored.Length];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++) stored.Slice(((c * rows) + r) * size, size).CopyTo(result.AsSpan(((r * columns) + c) * size));
        }

        return result;
    }
}
