using System.Collections.Immutable;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Clip;

/// <summary>What the vision tower gives.</summary>
/// <param name="HiddenStates">Layers + 1 states [n, patches + 1, width].</param>
/// <param name="PoolerOutput">The class token after the last norm [n, width].</param>
public sealed record CLIPVisionOutput(ImmutableArray<Tensor> HiddenStates, Tensor PoolerOutput);
