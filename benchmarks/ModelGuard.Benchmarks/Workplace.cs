using ModelGuard.Checkpoints;
using ModelGuard.Testing;
using ModelGuard.Testing.FullSize;

namespace ModelGuard.Benchmarks;

/// <summary>Made-up checkpoints and a policy, made once and kept between runs.</summary>
internal static class Workplace
{
    private const string OneConcept = """
        version: 1
        model: { base: "{base}", output: "{output}"{components} }
        scorer: "none"
        edit: { layers: [0], lambda: 0.01, templates: ["{}", "a painting in the style of {}"]{options} }
        concepts:
          - { id: van-gogh, action: remove, attribute: style, match: ["van gogh"], replaceWith: "a painting", prompts: ["a house in the style of {concept}"] }
        gates:
          - { id: gone, metric: recognition, on: removed, max: 0.05 }
        """;

    /// <summary>A model of a few layers that shows that a benchmark runs: the golden one of the tests.</summary>
    public const string Tiny = "tiny";

    private static readonly string TinyFolder = Path.Combine(RepositoryPaths.Golden, "sd1-tiny");

    /// <summary>The tool, built beside this program.</summary>
    public static string Tool { get; } = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "ModelGuard.Cli.exe" : "ModelGuard.Cli");

    /// <summary>The CLIP tokenizer: the real one where it lies beside the repository, else one with made-up words and the same number of entries.</summary>
    public static string Tokenizer(string work)
    {
        var real = Path.Combine(RepositoryPaths.Shared, "golden", "tokenizer");
        return Directory.Exists(real) ? real : PaddedTokenizer.Write(Path.Combine(work, "tokenizer"));
    }

    /// <summary>Where a model's configs lie.</summary>
    public static string Configs(string model) => model == Tiny ? TinyFolder : SyntheticCheckpoint.Configs(model);

    /// <summary>A folder of a model, or the single file made from it.</summary>
    public static async Task<string> CheckpointAsync(string work, string model, string type, bool isFile, CancellationToken cancellation)
    {
        var name = $"{model}-{type}".ToLowerInvariant();
        var folder = Path.Combine(work, name);
        if (!Directory.Exists(folder)) CheckpointPublisher.Publish(folder, partial => Write(partial, model, Enum.Parse<TensorDataType>(type), work));
        if (!isFile) return folder;
        var file = Path.Combine(work, name + "-file", name + ".safetensors");
        if (!File.Exists(file)) await MeasuredProcess.RunAsync(Tool, ["convert", folder, "--output", file], cancellation);
        return file;
    }

    /// <summary>A folder with nothing but a text encoder, of the ViT-L/14 shape (123 million parameters, float32) or a tiny one, and its tokenizer.</summary>
    public static string TextEncoderAlone(string work, string model = "sd15")
    {
        var folder = Path.Combine(work, model == Tiny ? "tiny-text-encoder-alone" : "text-encoder-alone");
        if (Directory.Exists(folder)) return folder;
        CheckpointPublisher.Publish(folder, partial =>
        {
            Write(partial, model, TensorDataType.F32, work, "text_encoder");
            // A model without UNet and VAE can be edited when its pipeline is not one that is run.
            File.WriteAllText(Path.Combine(partial, "model_index.json"), """{ "_class_name": "TextEncoderOnly", "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"] }""");
        });
        return folder;
    }

    private static void Write(string folder, string model, TensorDataType type, string work, params string[] components)
    {
        if (model != Tiny)
        {
            SyntheticCheckpoint.Write(folder, model, type, isSparse: false, Tokenizer(work), components);
            return;
        }

        foreach (var file in Directory.EnumerateFiles(TinyFolder, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(folder, Path.GetRelativePath(TinyFolder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    /// <summary>A policy that removes one concept.</summary>
    /// <param name="work">Where it is written.</param>
    /// <param name="model">The base.</param>
    /// <param name="output">The edited checkpoint.</param>
    /// <param name="components">The folder that a single file takes its other components from.</param>
    /// <param name="isPlain">Without contexts and captions, as the paper edits; else with the defaults.</param>
    public static string Policy(string work, string model, string output, string? components, bool isPlain)
    {
        var path = Path.Combine(work, "policy.yaml");
        File.WriteAllText(path, OneConcept.Replace("{options}", isPlain ? ", contexts: 0, covarianceWeight: 0" : "", StringComparison.Ordinal).Replace("{base}", Relative(model), StringComparison.Ordinal).Replace("{output}", Relative(output), StringComparison.Ordinal)
            .Replace("{components}", components is null ? "" : $", components: \"{Relative(components)}\"", StringComparison.Ordinal));
        return path;

        string Relative(string target) => Path.GetRelativePath(work, target).Replace('\\', '/');
    }
}
