using System.CommandLine.Parsing;
using System.Globalization;
using ModelGuard.Diffusion.Pipeline;

namespace ModelGuard.Cli;

/// <summary>Reads pairs of pixels of options.</summary>
internal static class Sizes
{
    public static PixelSize? ParseSize(ArgumentResult result) => Parse(result, 'x', "height and width, as in 1024x768") is (var height, var width) ? new PixelSize(height, width) : null;

    public static PixelOffset? ParseOffset(ArgumentResult result) => Parse(result, ',', "pixels from the top and from the left, as in 0,128") is (var top, var left) ? new PixelOffset(top, left) : null;

    private static (int First, int Second)? Parse(ArgumentResult result, char separator, string expected)
    {
        var text = result.Tokens[0].Value;
        if (text.Split(separator) is [var first, var second] && Number(first) is { } a && Number(second) is { } b) return (a, b);
        result.AddError($"'{text}' is no size; '{(result.Parent as OptionResult)?.Option.Name}' takes {expected}.");
        return null;

        static int? Number(string digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
