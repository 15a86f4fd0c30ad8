using System.Globalization;
using System.Text.RegularExpressions;
using ModelGuard.Diffusion.Backend;

namespace ModelGuard.Caching;

/// <summary>The environment variable that bounds the cache.</summary>
internal static partial class CacheSize
{
    /// <summary>The variable's name.</summary>
    public const string Variable = "MODELGUARD_CACHE_SIZE";

    /// <summary>Without the variable: 2 GB.</summary>
    public const long Default = 2_000_000_000;

    private static readonly string[] Units = ["", "kB", "MB", "GB", "TB"];

    /// <summary>Bytes from a text such as <c>500 MB</c>; units are powers of 1000.</summary>
    /// <exception cref="BackendException">MG0011 for a text that is no size.</exception>
    public static long Parse(string? value)
    {
        if (string.IsNullOrEmpty(value)) return Default;
        var match = Size().Match(value);
        var power = Array.FindIndex(Units, u => u.Equals(match.Groups["unit"].Value, StringComparison.OrdinalIgnoreCase));
        if (match.Success && power >= 0 && decimal.TryParse(match.Groups["number"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            for (; power > 0 && number <= long.MaxValue; power--) number *= 1000;
            if (number <= long.MaxValue) return (long)number;
        }

        throw new BackendException("MG0011", $"The environment variable {Variable} is '{value}', which is no size. Write a whole number of bytes, or one with kB, MB, GB or TB, for example '500 MB'; without it the cache holds 2 GB.");
    }

    [GeneratedRegex(@"^(?<number>[0-9]{1,20}) ?(?<unit>[A-Za-z]{0,2})\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Size();
}
