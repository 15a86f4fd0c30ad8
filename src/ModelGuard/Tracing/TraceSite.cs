namespace ModelGuard.Tracing;

/// <summary>A module, or several in a row, whose states are replaced together.</summary>
/// <param name="Kind">What is replaced.</param>
/// <param name="Path">The first module in the reference's names.</param>
/// <param name="First">Number of the first layer, or of the first module of its kind in the order of computation.</param>
/// <param name="Count">How many.</param>
public sealed record TraceSite(SiteKind Kind, string Path, int First, int Count)
{
    private const string TextPrefix = "text_model.encoder.layers.";

    /// <summary>Whether two sites belong to one layer of a text encoder or one transformer block of a UNet, or windows share one.</summary>
    public bool Shares(TraceSite other) => Kind == other.Kind || Path.StartsWith(TextPrefix, StringComparison.Ordinal)
        ? First < other.First + other.Count && other.First < First + Count
        : Path[..Path.LastIndexOf('.')] == other.Path[..other.Path.LastIndexOf('.')];

    /// <summary>A site of a text encoder.</summary>
    public static TraceSite OfText(SiteKind kind, int first, int count) => new(kind, PathOf(kind, first), first, count);

    /// <summary>Module path of a text encoder's states.</summary>
    internal static string PathOf(SiteKind kind, int layer) => FormattableString.Invariant($"{TextPrefix}{layer}") + kind switch
    {
        SiteKind.Block => "",
        SiteKind.SelfAttention => ".self_attn.out_proj",
        SiteKind.Mlp => ".mlp.fc2",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a state of a text encoder."),
    };
}
