namespace ModelGuard.Fuzzing.Mutations;

/// <summary>What readers of texts stumble over, in any format.</summary>
internal static class Texts
{
    /// <summary>Values of JSON and YAML at the edges of what can be read.</summary>
    public static IReadOnlyList<string> Values { get; } =
    [
        "null", "true", "false", "0", "-0", "1", "-1", "2", "255", "1e0", "0.5", "-0.5", "1e308", "1e999", "-1e999", "1e-999", "NaN", "Infinity", "-Infinity",
        "2147483647", "2147483648", "-2147483649", "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615", "99999999999999999999999999",
        "[]", "{}", "[[]]", "[null]", "{\"\":null}", "\"\"", "\" \"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0000\"", "\"\\n\"", "\"\\u202e\"", "\"\uFFFD\"", "\"..\"", "\"/\"", "\"a/b\"", "\"\\\\\"", "\"é\"", "\"😀\"", "\"ß\"", "\"İ\"",
        "\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"", "\"2026-01-01\"", "\"9999-12-31T23:59:59.9999999Z\"", "\"0001-01-01T00:00:00Z\"",
    ];

    /// <summary>Marks that open, close and divide.</summary>
    public static IReadOnlyList<string> Marks { get; } =
    [
        "{", "}", "[", "]", ",", ":", "\"", "'", "\\", "\n", "\r\n", "\t", " ", "\0", "\uFEFF", "- ", "? ", ": ", "#", "&a", "*a", "!t", "|", ">", "%", "@", "`", "---\n", "...\n", "//", "/*", "\\u", "\\x", "\\U00110000", "<<", "~",
    ];
}
