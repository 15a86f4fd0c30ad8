using System.Text.RegularExpressions;

namespace ModelGuard.Diffusion.Configuration;

/// <summary>The JSON that Python writes: it has infinite numbers, which JSON has not.</summary>
internal static partial class PythonJson
{
    /// <summary>The same with infinities as numbers that are too large for float64, and so read as infinite.</summary>
    public static string ToJson(string text) => !text.Contains("Infinity", StringComparison.Ordinal) ? text : Tokens().Replace(text, m => m.Value switch
    {
        "Infinity" => "1e999",
        "-Infinity" => "-1e999",
        var quoted => quoted,
    });

    // Texts are matched too, so that the word is not replaced inside of them.
    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"|-?\\bInfinity\\b", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Tokens();
}
