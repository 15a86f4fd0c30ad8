namespace ModelGuard.Shared;

/// <summary>The times of a run in a report that anyone may have written.</summary>
internal static class RunTimes
{
    // Far beyond any run, and near enough that the end of one is a date.
    private const double LongestMs = 1e12;
    private const int LastYear = 9000;

    /// <summary>Whether a run can have started then and taken so long: its end is a date, too.</summary>
    /// <param name="start">Its start.</param>
    /// <param name="durationMs">Milliseconds.</param>
    public static bool ArePossible(DateTimeOffset start, double durationMs) => durationMs is >= 0 and < LongestMs && start.Year < LastYear;
}
