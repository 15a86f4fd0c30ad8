namespace ModelGuard.Testing;

/// <summary>Models of the golden data that the repository does not hold in one piece.</summary>
public static class GoldenModels
{
    private const string Name = "sdxl-tiny";
    private static readonly Lazy<string> Sdxl = new(FindSdxl, LazyThreadSafetyMode.ExecutionAndPublication);

    /// <summary>
    /// The small Stable Diffusion XL. The repository spares itself its VAE's weights: where the model does not lie whole beside the
    /// repository, the VAE of the small Stable Diffusion 1, which is built alike, stands in. Latents do not depend on it.
    /// </summary>
    public static string StableDiffusionXL => Sdxl.Value;

    private static string FindSdxl()
    {
        var whole = Path.Combine(RepositoryPaths.Shared, "golden", Name);
        if (Directory.Exists(whole)) return whole;
        var committed = Path.Combine(RepositoryPaths.Golden, Name);
        var changed = Directory.EnumerateFiles(committed, "*", SearchOption.AllDirectories).Max(File.GetLastWriteTimeUtc).Ticks;
        var target = Path.Combine(RepositoryPaths.Root, "artifacts", "test-models", FormattableString.Invariant($"{Name}-{changed}"));
        if (Directory.Exists(target)) return target;
        using var folder = TemporaryFolder.CopyOf(committed);
        const string Weights = "diffusion_pytorch_model.safetensors";
        File.Copy(Path.Combine(RepositoryPaths.Golden, "sd1-tiny", "vae", Weights), folder[Path.Combine("vae", Weights)]);
        var draft = FormattableString.Invariant($"{target}.{Environment.ProcessId}");
        CopyTo(folder.Path, draft);
        try
        {
            Directory.Move(draft, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            // Another test process was first.
            Directory.Delete(draft, recursive: true);
        }

        return target;
    }

    // The temporary folder may be on another disk, from which nothing can be moved.
    private static void CopyTo(string source, string target)
    {
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
