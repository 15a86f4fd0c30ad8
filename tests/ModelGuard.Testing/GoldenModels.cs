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
        var folder = TemporaryFolder.CopyOf(Path.Combine(RepositoryPaths.Golden, Name));
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
        const string Weights = "diffusion_pytorch_model.safetensors";
        File.Copy(Path.Combine(RepositoryPaths.Golden, "sd1-tiny", "vae", Weights), folder[Path.Combine("vae", Weights)]);
        return folder.Path;
    }
}
