using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using ModelGuard.Diagnostics;
using ModelGuard.Diffusion.Schedulers;

namespace ModelGuard.Policies;

/// <summary>What came of reading a policy.</summary>
/// <param name="Policy">The policy, or null when there were errors.</param>
/// <param name="Diagnostics">Everything that was found, in the order of the file.</param>
public sealed record PolicyResult(Policy? Policy, ImmutableArray<Diagnostic> Diagnostics);

/// <summary>YAML text → <see cref="Policy"/>. All errors of a file are reported in one run, each with line and column.</summary>
public static class PolicyReader
{
    private const int MaximumBytes = 1_000_000;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The policy.</param>
    /// <param name="allowOutside">Whether files that it names may lie outside of its folder.</param>
    public static PolicyResult Read(string path, bool allowOutside = false)
    {
        if (!File.Exists(path)) return Refuse("MG0100", $"The policy file '{path}' does not exist. Name an existing one.");
        if (new FileInfo(path).Length > MaximumBytes) return Refuse("MG0109", FormattableString.Invariant($"The policy file has {new FileInfo(path).Length} bytes; the limit is {MaximumBytes}. Split it."));
        var bytes = File.ReadAllBytes(path);
        try
        {
            return Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes), path, Convert.ToHexStringLower(SHA256.HashData(bytes)), allowOutside);
        }
        catch (DecoderFallbackException)
        {
            return Refuse("MG0101", "The policy is no valid UTF-8 text. Save it as UTF-8.");
        }

        PolicyResult Refuse(string code, string message) => new(null, [new Diagnostic(code, DiagnosticSeverity.Error, new SourceLocation(path, 1, 1), message)]);
    }

    /// <summary>Reads a text; <paramref name="path"/> is for messages and for resolving the paths in it.</summary>
    public static PolicyResult Parse(string text, string path) => Parse(text, path, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))), allowOutside: false);

    private static PolicyResult Parse(string text, string path, string digest, bool allowOutside)
    {
        var diagnostics = new PolicyDiagnostics(path);
        Policy? policy = null;
        try
        {
            // A byte order mark is legal in YAML but shifts the first column.
            switch (new YamlReader(diagnostics).Read(text.TrimStart('\uFEFF')))
            {
                case YamlMapping root:
                    policy = Build(new MappingReader(root, "The policy", diagnostics), path, digest, new PromptFiles(path, allowOutside, diagnostics), diagnostics);
                    break;
                case { } other and not YamlRefused:
                    diagnostics.Error("MG0106", other, $"A policy is a mapping that begins with 'version: 1'; here stands {other.Kind}.");
                    break;
            }
        }
        catch (TooManyFindingsException)
        {
            return new PolicyResult(null, [.. diagnostics.ToSorted(), new Diagnostic("MG0146", DiagnosticSeverity.Error, new SourceLocation(path, 1, 1), FormattableString.Invariant($"Reading stopped after {PolicyDiagnostics.Most} findings. Mend these first."))]);
        }

        return new PolicyResult(diagnostics.HasErrors ? null : policy, diagnostics.ToSorted());
    }

    private static Policy? Build(MappingReader root, string path, string digest, PromptFiles files, PolicyDiagnostics diagnostics)
    {
        if (root.Find("version", required: true) is { } version && version is not YamlScalar { Value: "1", IsQuoted: false }) diagnostics.Error("MG0120", version, "'version' must be 1, the only version of the policy language so far.");
        var model = Model(root.Section("model", required: true), diagnostics);
        var scorer = root.Text("scorer", required: true);
        var edit = EditReader.Read(root.Section("edit"), diagnostics);
        var generation = Generation(root.Section("generation"), diagnostics);
        var attack = Attack(root.Section("attack"), diagnostics);
        var concepts = new ConceptReader(files, diagnostics);
        var outline = new PolicyOutline(
            [.. root.Sections("concepts", "A concept", required: true).Select(c => c is null ? null : concepts.Read(c))],
            [.. root.Items("preserve").Select(p => p is null ? null : concepts.ReadPreserved(p))],
            [.. root.Sections("gates", "A gate", required: true).Select(g => g is null ? null : GateReader.Read(g, concepts, diagnostics))],
            [.. root.Sections("waivers", "A waiver").Select(w => w is null ? null : GateReader.ReadWaiver(w, diagnostics))],
            edit);
        var failOn = root.Choice("failOn", PolicyWords.Severities) ?? Severity.Medium;
        root.Complete();
        PolicyChecks.Run(outline, diagnostics);
        return diagnostics.HasErrors ? null : new Policy
        {
            Path = path,
            Digest = files.Digest(digest),
            PromptFiles = files.Paths,
            Model = model!,
            Scorer = scorer!,
            Edit = edit,
            Generation = generation,
            Attack = attack,
            Concepts = [.. outline.Concepts.Select(c => c!.Concept!)],
            Preserve = [.. outline.Preserve.Select(p => p!)],
            Gates = [.. outline.Gates.Select(g => g!.Gate!)],
            FailOn = failOn,
            Waivers = [.. outline.Waivers.Select(w => w!.Waiver!)],
        };
    }

    private static ModelSection? Model(MappingReader? reader, PolicyDiagnostics diagnostics)
    {
        if (reader is null) return null;
        var (source, digest, output) = (reader.Text("base", required: true), reader.Text("digest"), reader.Text("output", required: true));
        if (digest is not null && !(digest.StartsWith("sha256:", StringComparison.Ordinal) && digest.Length == 71 && digest[7..].All(char.IsAsciiHexDigitLower)))
        {
            diagnostics.Error("MG0121", reader.Find("digest")!, $"'digest' must be 'sha256:' and 64 lower-case hexadecimal digits; here stands '{digest}'.");
        }

        var (components, variant) = (reader.Text("components"), reader.Text("variant"));
        reader.Complete();
        return source is null || output is null ? null : new ModelSection(source, digest, output, diagnostics.Locate(reader.Find("base")!)) { Components = components, Variant = variant };
    }

    private static AttackSection Attack(MappingReader? reader, PolicyDiagnostics diagnostics)
    {
        var defaults = new AttackSection();
        if (reader is null) return defaults;
        var methods = reader.Texts("methods");
        foreach (var (method, node) in methods.Where(m => !PolicyWords.Attacks.Contains(m.Value)))
        {
            diagnostics.Error("MG0129", node, $"'{method}' is no attack. Attacks: {string.Join(", ", PolicyWords.Attacks.Order(StringComparer.Ordinal))}.{Spelling.Hint(method, PolicyWords.Attacks)}");
        }

        var result = new AttackSection
        {
            Methods = methods.IsEmpty ? defaults.Methods : [.. methods.Select(m => m.Value).Distinct(StringComparer.Ordinal)],
            Prompts = reader.Integer("prompts", 1, 1000) ?? defaults.Prompts,
            Seeds = reader.Integer("seeds", 1, 1000) ?? defaults.Seeds,
            Iterations = reader.Integer("iterations", 1, 100_000) ?? defaults.Iterations,
            Candidates = reader.Integer("candidates", 2, 100_000) ?? defaults.Candidates,
            Tokens = reader.Integer("tokens", 1, 64) ?? defaults.Tokens,
        };
        reader.Complete();
        return result;
    }

    private static GenerationSection Generation(MappingReader? reader, PolicyDiagnostics diagnostics)
    {
        var defaults = new GenerationSection("ddim", 20, 7.5, 10);
        if (reader is null) return defaults;
        var names = SchedulerFactory.NameList.Split(' ');
        var schedulers = names.Index().ToDictionary(n => n.Item, n => n.Index, StringComparer.Ordinal);
        var result = new GenerationSection(
            reader.Choice("scheduler", schedulers) is { } place ? names[place] : defaults.Scheduler,
            reader.Integer("steps", 1, 1000) ?? defaults.Steps,
            reader.Number("guidanceScale", 0, 100) ?? defaults.GuidanceScale,
            reader.Integer("seeds", 1, 100_000) ?? defaults.Seeds)
        {
            // One look is a fixed sample.
            Looks = reader.Integer("looks", 1, 20) is > 1 and var looks ? looks : null,
        };
        if (result.Looks > result.Seeds) diagnostics.Error("MG0145", reader.Find("looks")!, FormattableString.Invariant($"{result.Looks} looks need as many seeds, because each look adds some; 'seeds' is {result.Seeds}. Write fewer looks or more seeds."));
        reader.Complete();
        return result;
    }
}
