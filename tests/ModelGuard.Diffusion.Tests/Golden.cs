using System.Text.Json;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Weights;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests;

/// <summary>Tensors that the reference libraries computed, with the rounding noise of the reference itself.</summary>
internal sealed class Golden : IDisposable
{
    private const double Ceiling = 1e-4;
    private const double Floor = 1e-6;
    private readonly SafetensorsFile file;
    private readonly JsonElement tensors;
    private readonly string name;

    public Golden(string folder, string name)
    {
        this.name = name;
        var root = Path.Combine(RepositoryPaths.Golden, folder);
        file = SafetensorsFile.Open(Path.Combine(root, name + ".safetensors"));
        // Python writes Infinity, which is no JSON.
        var text = File.ReadAllText(Path.Combine(root, "manifest.json")).Replace("-Infinity", "null", StringComparison.Ordinal).Replace("Infinity", "null", StringComparison.Ordinal);
        using var manifest = JsonDocument.Parse(text);
        tensors = manifest.RootElement.GetProperty("files").GetProperty(name + ".safetensors").GetProperty("tensors").Clone();
    }

    public Tensor this[string tensor] => TensorConversion.Read(file, file.Get(tensor));

    public IEnumerable<string> Names => file.Tensors.Select(t => t.Name);

    /// <summary>
    /// Asserts that the difference is at most 30 times the reference's own float32 rounding, and at most 10⁻⁴ (relative to the largest value
    /// where that is above 10).
    /// </summary>
    public void AssertClose(string tensor, Tensor actual)
    {
        using var expected = this[tensor];
        Assert.Equal(expected.shape, actual.shape);
        var error = (actual.to(ScalarType.Float64) - expected.to(ScalarType.Float64)).abs().max().item<double>();
        var scale = Math.Max(1, expected.abs().max().to(ScalarType.Float64).item<double>() / 10);
        var noise = tensors.GetProperty(tensor).TryGetProperty("fp32_vs_fp64_max_abs", out var n) ? n.GetDouble() : Ceiling / 30;
        var allowed = Math.Min(Ceiling * scale, Math.Max(Floor, 30 * noise));
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{name}/{tensor}: worst {error:0.0e+0}, allowed {allowed:0.0e+0}"));
        Assert.True(error <= allowed, FormattableString.Invariant($"{name}/{tensor}: largest difference {error:0.00e+0}, allowed {allowed:0.00e+0}"));
    }

    public static string Model(string name) => Path.Combine(RepositoryPaths.Golden, name);

    public void Dispose() => file.Dispose();
}
