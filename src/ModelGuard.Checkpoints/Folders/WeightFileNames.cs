using System.Text.RegularExpressions;

namespace ModelGuard.Checkpoints.Folders;

/// <summary>How files that hold weights are called.</summary>
internal static partial class WeightFileNames
{
    private static readonly string[] Extensions = [".safetensors", ".onnx", ".onnx_data", ".pb", ".tflite", ".gguf"];

    /// <summary>The start of the names that transformers and diffusers give to weights, the first one first.</summary>
    public static readonly string[] Stems = ["model", "diffusion_pytorch_model"];

    /// <summary>Whether a file holds weights in any form, or is the index of such files.</summary>
    public static bool HoldsWeights(string path)
    {
        var name = Path.GetFileName(path);
        if (name == ModelFiles.DeltaName) return false;
        return Extensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase)
            || PickleFormats.IsPickle(name)
            || AnyIndex().IsMatch(name)
            || (name.StartsWith("openvino", StringComparison.OrdinalIgnoreCase) && name.EndsWith(".xml", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether a name is that of one of several files.</summary>
    public static bool IsShard(string name) => Shard().IsMatch(name);

    /// <summary>Reads a name such as <c>model.fp16.safetensors</c>.</summary>
    public static bool TryParseWhole(string name, out string stem, out string? variant) => TryParse(Whole().Match(name), out stem, out variant) && !IsShard(name);

    /// <summary>Reads the name of an index, in the three forms that diffusers and transformers have written.</summary>
    public static bool TryParseIndex(string name, out string stem, out string? variant) => TryParse(Index().Match(name), out stem, out variant);

    private static bool TryParse(Match match, out string stem, out string? variant)
    {
        stem = match.Groups["stem"].Value;
        variant = match.Groups["variant"] is { Success: true, Value: var v } ? v : null;
        return match.Success;
    }

    [GeneratedRegex(@"^(?<stem>model|diffusion_pytorch_model)(\.(?<variant>.+))?\.safetensors\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Whole();

    [GeneratedRegex(@"^(?<stem>model|diffusion_pytorch_model)(\.(?<variant>[^.]+))?\.safetensors(\.(?<variant>[^.]+))?\.index(\.(?<variant>[^.]+))?\.json\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Index();

    [GeneratedRegex(@"-[0-9]+-of-[0-9]+(\.|\z)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Shard();

    [GeneratedRegex(@"\.index(\.[^.]+)?\.json\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AnyIndex();
}
