using System.Collections.Immutable;
using System.Text;

namespace ModelGuard.Auditing;

/// <summary>Prompts that attacks found, as prompt files that a concept's <c>probes</c> can name.</summary>
public static class FoundPrompts
{
    // Marks a comment in a prompt file.
    private const char Comment = '#';

    /// <summary>A file for each concept for which some attack found a prompt that can be typed: its name, and its bytes in UTF-8.</summary>
    public static ImmutableArray<(string Name, byte[] Content)> Files(IEnumerable<SubjectMeasurements> measured) =>
    [
        .. measured.Select(m => (Name: $"{m.Subject.Id}.txt", Lines: Lines(m).ToArray())).Where(f => f.Lines.Length > 0)
            .Select(f => (f.Name, Encoding.UTF8.GetBytes(string.Concat(f.Lines.Prepend("# Prompts that attacks found; 'probes: { file: PATH }' in a concept audits them again.").Select(l => l + "\n"))))),
    ];

    private static IEnumerable<string> Lines(SubjectMeasurements measured) => measured.Attempts
        .Where(a => a.Found is { } found && found.Trim().Length > 0 && found.Trim()[0] != Comment)
        .DistinctBy(a => a.Found, StringComparer.Ordinal)
        .SelectMany(a => new[] { $"# {a.Attack}: {(a.Succeeded ? "the concept came back" : "it stayed away")}", a.Found! });
}
