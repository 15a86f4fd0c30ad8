using System.CommandLine.Parsing;
using System.Globalization;

namespace ModelGuard.Cli;

/// <summary>Reads pairs of pixels of options. As plain numbers: an option of a type of ModelGuard.Diffusion would load LibTorch for every command.</summary>
internal static class Sizes
{
    public static (int Height, int Width)? ParseSize(ArgumentResult result) => Parse(result, 'x', "height and width, as in 1024x768");

    public static (int Top, int Left)? ParseOffset(ArgumentResult result) => Parse(result, ',', "pixels from the top and from the left, as in 0,128");

    private static (int First, int Second)? Parse(ArgumentResult result, char separator, string expected)
    {
        var text = result.Tokens[0].Value;
        if (text.Split(separator) is [var first, var second] && Number(first) is { } a && Number(second) is { } b) return (a, b);
        result.AddError($"'{text}' is no size; '{(result.Parent as OptionResult)?.Option.Name}' takes {expected}.");
        return null;

        static int? Number(string digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
