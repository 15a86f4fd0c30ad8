using ModelGuard.Checkpoints;
using ModelGuard.Fuzzing.Containers;

namespace ModelGuard.Fuzzing.Targets;

/// <summary>Weights, indexes of shards, and whole checkpoints.</summary>
internal static class CheckpointTargets
{
    private static readonly string[] TensorWords =
    [
        "dtype", "shape", "data_offsets", "__metadata__", "format", "pt", "F64", "F32", "F16", "BF16", "I64", "I32", "U8", "I16", "F8_E4M3", "BOOL", "weight", "bias",
        "text_model.embeddings.token_embedding.weight", "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight", "model.diffusion_model.input_blocks.0.0.weight", "first_stage_model.decoder.conv_in.weight", "modelguard.index",
    ];

    private static readonly string[] FolderWords =
    [
        "weight_map", "metadata", "total_size", "model-00001-of-00002.safetensors", "../x.safetensors", "_class_name", "StableDiffusionPipeline", "StableDiffusionXLPipeline", "text_encoder", "CLIPTextModel", "transformers", "tokenizer", "unet",
        "==> model_index.json\n", "==> text_encoder/config.json\n", "==> text_encoder/model.safetensors.index.json\n", "==> text_encoder/model-00001-of-00001.safetensors\n", "==> text_encoder/model.fp16.safetensors\n",
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("safetensors", ReadFile) { Container = new SafetensorsParts(), Words = TensorWords },
        new("checkpoint", ReadFolder) { Container = new FolderParts(), Words = FolderWords },
    ];

    // As weights, and as a whole model in one file.
    private static string ReadFile(ReadOnlyMemory<byte> input, string scratch)
    {
        var path = Scratch.Write(scratch, "model.safetensors", input);
        long sum = 0;
        using (var file = SafetensorsFile.Open(path))
        {
            foreach (var tensor in file.Tensors)
            {
                var bytes = file.GetBytes(tensor);
                sum += bytes.Length > 0 ? bytes[0] + bytes[^1] : 0;
            }
        }

        try
        {
            return Describe(Checkpoint.Open(path), sum);
        }
        catch (CheckpointException e)
        {
            // Most files of weights are no whole model.
            return $"read {(sum > 0 ? "numbers" : "zeros")} {e.Code}";
        }
    }

    private static string ReadFolder(ReadOnlyMemory<byte> input, string scratch) => Describe(Checkpoint.Open(Scratch.WriteFolder(scratch, input)), 0);

    private static string Describe(Checkpoint checkpoint, long sum)
    {
        var tensors = 0;
        foreach (var encoder in checkpoint.TextEncoders)
        {
            var component = checkpoint.Component(encoder.Component);
            _ = component.Config.Json;
            using var weights = component.OpenWeights();
            tensors += weights.Tensors.Length;
        }

        return $"read {(tensors > 0 ? "tensors" : "nothing")} {(sum > 0 ? "numbers" : "zeros")}";
    }
}
