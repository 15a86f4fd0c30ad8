using ModelGuard.Attestations;

namespace ModelGuard.Reports;

/// <summary>Words of a report for values of enumerations: kebab case.</summary>
internal static class ReportWords
{
    /// <summary>The value for a word.</summary>
    /// <exception cref="AttestationException">MG2021: no such word.</exception>
    public static T Parse<T>(string word)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (ReportJson.Word(value) == word) return value;
        }

        throw AttestationException.Refuse("MG2021", $"The report says '{word}' where only {string.Join(", ", Enum.GetValues<T>().Select(v => $"'{ReportJson.Word(v)}'"))} can stand. Take the report that the tool wrote.");
    }
}
