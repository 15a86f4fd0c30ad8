using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Unet;
using ModelGuard.Diffusion.Vae;
using Shapes.Training.World;

namespace Shapes.Training.Training;

/// <summary>The shapes of the networks: Stable Diffusion 1's, small. Channel counts are multiples of 16, for speed and for exact convolutions.</summary>
internal static class Architecture
{
    public static CLIPTextConfig TextEncoder(int vocabulary) => new()
    {
        VocabSize = vocabulary,
        HiddenSize = 256,
        IntermediateSize = 768,
        ProjectionDim = 128,
        NumHiddenLayers = 3,
        NumAttentionHeads = 4,
        MaxPositionEmbeddings = Vocabulary.MaxLength,
        EosTokenId = vocabulary - 1,
    };

    /// <summary>Teaches the text encoder; not part of the checkpoint.</summary>
    public static CLIPVisionConfig Teacher => new() { HiddenSize = 128, IntermediateSize = 512, NumHiddenLayers = 3, NumAttentionHeads = 4, ImageSize = SceneRenderer.Side, PatchSize = 16 };

    public static CLIPTextConfig ScorerText(int vocabulary) => new()
    {
        VocabSize = vocabulary,
        HiddenSize = 128,
        IntermediateSize = 512,
        ProjectionDim = 96,
        NumHiddenLayers = 3,
        NumAttentionHeads = 4,
        MaxPositionEmbeddings = Vocabulary.MaxLength,
        EosTokenId = vocabulary - 1,
    };

    public static CLIPVisionConfig ScorerVision => new() { HiddenSize = 128, IntermediateSize = 512, NumHiddenLayers = 4, NumAttentionHeads = 4, ImageSize = SceneRenderer.Side, PatchSize = 8 };

    public static AutoencoderKLConfig Vae => new() { BlockOutChannels = [16, 32, 48], LayersPerBlock = 1, NormNumGroups = 8 };

    public static UNet2DConditionConfig Unet => new()
    {
        BlockOutChannels = [48, 96, 128],
        DownAttention = [true, true, false],
        UpAttention = [false, true, true],
        LayersPerBlock = [1, 1, 1],
        TransformerLayersPerBlock = [1, 1, 1],
        Heads = [4, 4, 4],
        CrossAttentionDim = 256,
        NormNumGroups = 16,
        SampleSize = 16,
    };
}
