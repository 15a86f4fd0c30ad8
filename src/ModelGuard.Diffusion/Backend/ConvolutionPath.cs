namespace ModelGuard.Diffusion.Backend;

/// <summary>How two-dimensional convolutions are computed.</summary>
public enum ConvolutionPath
{
    /// <summary>Nothing that was tried is right: convolutions are refused.</summary>
    None,

    /// <summary>As LibTorch does it.</summary>
    Direct,

    /// <summary>Channels padded with zeros to a multiple of 16, output sliced: right and fast where oneDNN's tail handling is wrong.</summary>
    Padded,

    /// <summary>oneDNN switched off in LibTorch: right, at 50 to 80 % of the speed.</summary>
    WithoutOneDnn,
}
