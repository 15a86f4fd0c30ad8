using ModelGuard.Diagnostics;
using ModelGuard.Policies;

namespace ModelGuard.Tests.Policies;

/// <summary>A smallest policy, and ways to spoil it.</summary>
internal static class PolicyText
{
    public const string Minimal = """
        version: 1
        model:
          base: models/base
          output: out
        scorer: clip
        concepts:
          - id: star
            action: remove
            attribute: object
            match: ["star"]
            replaceWith: "circle"
            prompts: ["a {concept}"]
        gates:
          - { id: gone, metric: recognition, on: removed, max: 0.05 }

        """;

    /// <summary>The text with a part of it replaced; the part must be there once, so that a test cannot replace nothing.</summary>
    public static string With(string old, string replacement, string text = Minimal)
    {
        var start = text.IndexOf(old, StringComparison.Ordinal);
        Assert.True(start >= 0 && text.IndexOf(old, start + 1, StringComparison.Ordinal) < 0, $"'{old}' must stand once in the policy.");
        return string.Concat(text.AsSpan(0, start), replacement, text.AsSpan(start + old.Length));
    }

    public static Policy Read(string text)
    {
        var result = PolicyReader.Parse(text, "policy.yaml");
        Assert.Empty(result.Diagnostics);
        return Assert.IsType<Policy>(result.Policy);
    }

    /// <summary>Asserts that there is one finding, and gives it.</summary>
    public static Diagnostic AssertRefused(string text, string code, int line, int column, string sentence)
    {
        var result = PolicyReader.Parse(text, "policy.yaml");
        Assert.Null(result.Policy);
        var only = Assert.Single(result.Diagnostics);
        Assert.Equal((code, DiagnosticSeverity.Error, new SourceLocation("policy.yaml", line, column)), (only.Code, only.Severity, only.Location));
        Assert.Contains(sentence, only.Message, StringComparison.Ordinal);
        return only;
    }
}
