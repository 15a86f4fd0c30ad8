using System.Collections.Immutable;

namespace ModelGuard.Checkpoints.SingleFile;

/// <summary>The kinds of networks in a single file.</summary>
internal enum NetworkKind
{
    /// <summary><c>UNet2DConditionModel</c>.</summary>
    Unet,

    /// <summary><c>AutoencoderKL</c>.</summary>
    Vae,

    /// <summary><c>CLIPTextModel</c> under transformers' own names (Stable Diffusion 1, first encoder of XL).</summary>
    Clip,

    /// <summary>OpenCLIP as Stable Diffusion 2 uses it: without projection, and without the last layer.</summary>
    OpenClip,

    /// <summary>OpenCLIP as the second encoder of XL: <c>CLIPTextModelWithProjection</c>.</summary>
    ProjectedOpenClip,
}

/// <summary>
/// All tensors that a network of a certain depth can have, under both names. The depth is read from the names of either side, so a map made from
/// one side is the map made from the other. Names as in diffusers' <c>single_file_utils.py</c> and <c>convert_diffusers_to_original_*.py</c>.
/// </summary>
internal abstract class NetworkNames
{
    /// <summary>Every tensor that can be there.</summary>
    public abstract ImmutableArray<NamePair> Pairs { get; }

    /// <summary>Whether an original's tensor is known to have no part in the network.</summary>
    public virtual bool IsUnused(string original) => false;

    /// <summary>The names of a network as a single file holds it.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="tree">Its names, without prefix.</param>
    /// <param name="layers">The number of text encoder layers where a config says it; else it is inferred.</param>
    public static NetworkNames OfOriginal(NetworkKind kind, NameTree tree, int? layers = null) => kind switch
    {
        NetworkKind.Unet => UnetNames.OfOriginal(tree),
        NetworkKind.Vae => VaeNames.OfOriginal(tree),
        NetworkKind.Clip => ClipNames.OfOriginal(tree),
        NetworkKind.OpenClip => OpenClipNames.OfOriginal(tree, isProjected: false, layers),
        NetworkKind.ProjectedOpenClip => OpenClipNames.OfOriginal(tree, isProjected: true, layers),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such network."),
    };

    /// <summary>The names of a network as a diffusers folder holds it.</summary>
    public static NetworkNames OfReference(NetworkKind kind, NameTree tree) => kind switch
    {
        NetworkKind.Unet => UnetNames.OfReference(tree),
        NetworkKind.Vae => VaeNames.OfReference(tree),
        NetworkKind.Clip => ClipNames.OfReference(tree),
        NetworkKind.OpenClip => OpenClipNames.OfReference(tree, isProjected: false),
        NetworkKind.ProjectedOpenClip => OpenClipNames.OfReference(tree, isProjected: true),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such network."),
    };
}
