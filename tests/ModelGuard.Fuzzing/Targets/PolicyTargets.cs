using System.Text;
using ModelGuard.Policies;

namespace ModelGuard.Fuzzing.Targets;

/// <summary>Policies, and the prompt files that they name.</summary>
internal static class PolicyTargets
{
    private const string NamesPromptFile = """
        version: 1
        model: { base: base, output: out }
        scorer: clip
        concepts:
          - { id: star, action: remove, attribute: object, match: [star], replaceWith: circle, prompts: { file: prompts.txt } }
        gates:
          - { id: gone, metric: recognition, on: removed, max: 0.05 }

        """;

    private static readonly string[] Words =
    [
        "version: 1", "model:", "base:", "digest:", "output:", "scorer:", "edit:", "method:", "diff-quick-fix", "layers:", "auto", "lambda:", "generation:", "scheduler:", "ddim", "steps:", "guidanceScale:", "seeds:", "looks:", "concepts:", "id:", "action:", "remove", "update",
        "attribute:", "style", "fact", "match:", "replaceWith:", "prompts:", "{concept}", "file:", "from:", "to:", "owner:", "severity:", "critical", "preserve:", "name:", "gates:", "metric:", "recognition", "clip-score", "preference", "on:", "removed", "preserved",
        "max:", "min:", "maxDrop:", "maxRatio:", "baseline:", "failOn:", "waivers:", "gate:", "concept:", "reason:", "expires:", "2026-12-31", "attack:", "methods:", "probes:", "kinds:", "variant:", "components:", "texts:", "contrast:",
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("policy", ReadPolicy) { Words = Words, Free = Findings },
        new("prompt-file", ReadPrompts) { Words = ["{concept}", "#", "\r\n", "a red star"], Free = Findings },
    ];

    // As many findings as are reported at the most, each with its sentence and its line.
    private const long Findings = 4 << 20;

    private static string ReadPolicy(ReadOnlyMemory<byte> input, string scratch)
    {
        _ = Scratch.Write(scratch, "prompts.txt", "a {concept}\n"u8.ToArray());
        return Describe(PolicyReader.Read(Scratch.Write(scratch, "policy.yaml", input)));
    }

    private static string ReadPrompts(ReadOnlyMemory<byte> input, string scratch)
    {
        _ = Scratch.Write(scratch, "prompts.txt", input);
        return Describe(PolicyReader.Read(Scratch.Write(scratch, "policy.yaml", Encoding.UTF8.GetBytes(NamesPromptFile))));
    }

    private static string Describe(PolicyResult result)
    {
        if (result.Policy is null && result.Diagnostics.IsEmpty) throw new InvalidOperationException("A policy was refused without a word.");
        foreach (var line in result.Diagnostics.Select(d => d.ToString()))
        {
            if (line.AsSpan().IndexOfAnyInRange('\0', '\u001F') >= 0) throw new InvalidOperationException($"A diagnostic is no line: {line}");
        }

        return $"{(result.Policy is null ? "refused" : "read")} {string.Join(' ', result.Diagnostics.Select(d => d.Code).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))}";
    }
}
