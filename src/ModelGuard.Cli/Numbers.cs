using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace ModelGuard.Cli;

/// <summary>Reads numbers of options: always with a decimal point, and with an error that a reader understands.</summary>
internal static class Numbers
{
    public static T Parse<T>(ArgumentResult result)
        where T : struct, INumber<T>
    {
        var (styles, name) = typeof(T) == typeof(double) ? (NumberStyles.Float, "number") : (NumberStyles.AllowLeadingSign, "whole number in its range");
        var text = result.Tokens[0].Value;
        if (T.TryParse(text, styles, CultureInfo.InvariantCulture, out var number)) return number;
        result.AddError($"'{text}' is no {name}; '{(result.Parent as OptionResult)?.Option.Name}' takes one.");
        return default;
    }
}
