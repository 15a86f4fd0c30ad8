namespace ModelGuard.GitHub.Tests.Workflows;

/// <summary>Reads a step's output as the runner does (https://github.com/actions/runner, src/Runner.Worker/ActionCommandManager.cs).</summary>
internal static class RunnerLog
{
    private const string Stop = "::stop-commands::";

    /// <summary>The lines that the runner carries out.</summary>
    public static IEnumerable<string> Commands(string log)
    {
        string? resume = null;
        foreach (var line in log.Split('\n').Select(l => l.Trim()))
        {
            if (resume is not null)
            {
                if (line == $"::{resume}::") resume = null;
            }
            else if (line.StartsWith(Stop, StringComparison.Ordinal)) resume = line[Stop.Length..];
            else if (line.StartsWith("::", StringComparison.Ordinal) || line.Contains("##[", StringComparison.Ordinal)) yield return line;
        }
    }
}
