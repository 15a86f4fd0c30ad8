using System.Text.Json;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Weights;
using static TorchSharp.torch;

namespace ModelGuard.Testing;

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
        file = SafetensorsFile.Open(Find(folder, name + ".safetensors"));
        // Python writes Infinity, which is no JSON.
        var text = File.ReadAllText(Find(folder, "manifest.json")).Replace("-Infinity", "null", StringComparison.Ordinal).Replace("Infinity", "null", StringComparison.Ordinal);
        using var manifest = JsonDocument.Parse(text);
        tensors = manifest.RootElement.GetProperty("files").GetProperty(name + ".safetensors").GetProperty("tensors").Clone();
    }

    public Tensor this[string tensor] => TensorConversion.Read(file, file.Get(tensor));

    public bool Has(string tensor) => file.Tensors.Any(t => t.Name == tensor);

    public IEnumerable<string> Names => file.Tensors.Select(t => t.Name);

    /// <summary>
    /// Asserts that the difference is at most 30 times the reference's own float32 rounding, and at most 10⁻⁴ (relative to the largest value
    /// where that is above 10).
    /// </summary>
    public void AssertClose(string tensor, Tensor actual) => AssertClose(tensor, actual, null);

    /// <summary>The same for the first items of the batch.</summary>
    public void AssertClose(string tensor, Tensor actual, int? firstItems)
    {
        using var whole = this[tensor];
        using var expected = whole.narrow(0, 0, firstItems ?? whole.shape.FirstOrDefault(1));
        Assert.Equal(expected.shape, actual.shape);
        var error = (actual.to(ScalarType.Float64) - expected.to(ScalarType.Float64)).abs().max().item<double>();
        var scale = Math.Max(1, expected.abs().max().to(ScalarType.Float64).item<double>() / 10);
        var noise = tensors.GetProperty(tensor).TryGetProperty("fp32_vs_fp64_max_abs", out var n) ? n.GetDouble() : Ceiling / 30;
        var allowed = Math.Min(Ceiling * scale, Math.Max(Floor, 30 * noise));
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{name}/{tensor}: worst {error:0.0e+0}, allowed {allowed:0.0e+0}"));
        Assert.True(error <= allowed, FormattableString.Invariant($"{name}/{tensor}: largest difference {error:0.00e+0}, allowed {allowed:0.00e+0}"));
    }

    /// <summary>
    /// Asserts that what was computed in float64 is as far from the reference's float32 as the reference's own float64 is: the same
    /// function, up to rounding. Five percent are for the time embedding's sinusoids, float32 in both, whose last bit depends on the processor.
    /// </summary>
    public void AssertEqualUpToTheReferencesRounding(string tensor, Tensor actual)
    {
        using var expected = this[tensor];
        Assert.Equal(ScalarType.Float64, actual.dtype);
        Assert.Equal(expected.shape, actual.shape);
        var error = (actual - expected.to(ScalarType.Float64)).abs().max().item<double>();
        var noise = tensors.GetProperty(tensor).GetProperty("fp32_vs_fp64_max_abs").GetDouble();
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{name}/{tensor}: float64 {error:0.00e+0}, reference's rounding {noise:0.00e+0}"));
        Assert.InRange(error, noise * 0.95, noise * 1.05);
    }

    /// <summary>A folder of the golden data: the committed one, or the one beside the repository. The test is skipped where there is neither.</summary>
    public static string Model(string name) => name == "sdxl-tiny" ? GoldenModels.StableDiffusionXL : Find(name, "");

    /// <summary>A file of the golden data in the same way: of some models only a part is committed.</summary>
    private static string Find(string folder, string file)
    {
        string[] candidates = [Path.Combine(RepositoryPaths.Golden, folder, file), Path.Combine(RepositoryPaths.Shared, "golden", folder, file)];
        var found = Array.Find(candidates, Path.Exists);
        Assert.SkipWhen(found is null, $"The reference data '{Path.Combine(folder, file)}' are neither in tests/golden nor in shared/golden beside the repository.");
        return found!;
    }

    public void Dispose() => file.Dispose();
}
