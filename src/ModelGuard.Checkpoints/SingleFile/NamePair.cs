namespace ModelGuard.Checkpoints.SingleFile;

/// <summary>How a tensor of the reference lies in one of a single file.</summary>
internal enum Placement
{
    /// <summary>As it is.</summary>
    Same,

    /// <summary>A linear layer [m, n] as a convolution [m, n, 1, 1].</summary>
    Pointwise,

    /// <summary>A matrix [m, n] as its transpose.</summary>
    Transposed,

    /// <summary>The first third of the rows: the queries of PyTorch's fused attention.</summary>
    Query,

    /// <summary>The second third: the keys.</summary>
    Key,

    /// <summary>The last third: the values.</summary>
    Value,
}

/// <summary>One tensor under both names, without the component's prefix.</summary>
/// <param name="Original">Its name in the files of CompVis, Stability AI and OpenCLIP.</param>
/// <param name="Reference">Its name in diffusers and transformers.</param>
/// <param name="Placement">How it lies in the original.</param>
internal sealed record NamePair(string Original, string Reference, Placement Placement = Placement.Same)
{
    /// <summary>Weight and bias of a layer.</summary>
    public static IEnumerable<NamePair> Layer(string original, string reference) => [new($"{original}.weight", $"{reference}.weight"), new($"{original}.bias", $"{reference}.bias")];
}
