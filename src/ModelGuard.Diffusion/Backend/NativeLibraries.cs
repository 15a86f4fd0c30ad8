using System.Collections.Immutable;

namespace ModelGuard.Diffusion.Backend;

/// <summary>Where the native libraries came from.</summary>
/// <param name="Folder">The folder that holds LibTorch.</param>
/// <param name="WeakenedCopy">The corrected copy of TorchSharp's library, or null when the original loaded.</param>
/// <param name="Steps">What was found and done, one sentence each.</param>
public sealed record NativeLibraries(string Folder, string? WeakenedCopy, ImmutableArray<string> Steps);
