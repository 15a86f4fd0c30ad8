namespace ModelGuard.Diffusion.Backend;

/// <summary>The environment variable that takes the choice of the way from the self-test.</summary>
internal static class ConvolutionChoice
{
    /// <summary>The variable's name.</summary>
    public const string Variable = "MODELGUARD_CONVOLUTIONS";

    private static readonly (string Name, ConvolutionPath? Path)[] Values =
    [
        ("auto", null),
        ("direct", ConvolutionPath.Direct),
        ("padded", ConvolutionPath.Padded),
        ("without-onednn", ConvolutionPath.WithoutOneDnn),
    ];

    /// <summary>The way that the variable's value asks for; null when it is unset, empty or <c>auto</c>.</summary>
    /// <exception cref="BackendException">MG0011 for another value.</exception>
    public static ConvolutionPath? Parse(string? value)
    {
        if (string.IsNullOrEmpty(value)) return null;
        var index = Array.FindIndex(Values, v => v.Name == value);
        return index >= 0
            ? Values[index].Path
            : throw new BackendException("MG0011", $"The environment variable {Variable} is '{value}'. Allowed are {string.Join(", ", Values.Select(v => $"'{v.Name}'"))}; without it the arithmetic self-test chooses.");
    }

    /// <summary>How a way is written in the variable.</summary>
    public static string Name(ConvolutionPath path) => Array.Find(Values, v => v.Path == path).Name;
}
