using System.Collections;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using ModelGuard.Caching;
using ModelGuard.Cli.Workflows;
using ModelGuard.Diffusion.Backend;

namespace ModelGuard.Cli.Machine;

/// <summary>
/// What an earlier run found out about LibTorch, kept by all that it depends on: to load and test it takes most of a second. A machine on which
/// nothing can be computed is looked at each time.
/// </summary>
internal sealed class KeptBackendFacts(ContentCache cache)
{
    // Of OpenMP, oneDNN, MKL, LibTorch, the dynamic loader and this tool.
    private static readonly string[] Prefixes = ["OMP_", "GOMP_", "KMP_", "ONEDNN_", "DNNL_", "MKL_", "ATEN_", "TORCH_", "LD_", "MODELGUARD_"];

    /// <summary>The facts, and whether an earlier run found them.</summary>
    /// <param name="fresh">Whether they are found out anew.</param>
    /// <exception cref="BackendException">MG0001, MG0002 when LibTorch does not load.</exception>
    public (BackendFacts Facts, bool AreKept) Find(bool fresh)
    {
        var key = NativeBackend.FindFiles() is { } files ? KeyOf(files) : null;
        if (!fresh && key is not null && cache.TryGet(key) is { } bytes && BackendFacts.Read(Encoding.UTF8.GetString(bytes)) is { } kept) return (kept, true);
        var facts = BackendFacts.Measure();
        if (key is not null && facts.Path != ConvolutionPath.None) cache.Put(key, Encoding.UTF8.GetBytes(facts.Write()));
        return (facts, false);
    }

    private static CacheKey KeyOf(string files) => CacheKey.Of(
        ("what", "doctor"),
        ("tool", EditWorkflow.ToolVersion),
        ("files", files),
        ("processor", $"{ProcessorName.Value} {ProcessorName.Instructions} {Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)}"),
        ("system", $"{RuntimeInformation.OSDescription} {RuntimeInformation.FrameworkDescription}"),
        ("variables", string.Join('\n', Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(v => $"{v.Key}={v.Value}").Where(v => Prefixes.Any(p => v.StartsWith(p, StringComparison.Ordinal))).Order(StringComparer.Ordinal))));
}
