using System.Collections.Immutable;
using ModelGuard.Auditing;
using ModelGuard.Auditing.Probes;
using ModelGuard.Checkpoints;
using ModelGuard.Diagnostics;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Editing;
using ModelGuard.Editing.Hardening;
using ModelGuard.Fingerprints;
using ModelGuard.Policies;
using ModelGuard.Reports;
using ModelGuard.Tracing;
using ModelGuard.Verdicts;

namespace ModelGuard.Tests.Reports;

/// <summary>A report that has every part and follows from its own numbers.</summary>
internal static class SomeReport
{
    private static readonly SourceLocation Place = new("policy.yaml", 12, 5);

    public static string ModelDigest { get; } = Digest('b');

    public static string PolicyHex { get; } = new('c', 64);

    public static EditReport Create()
    {
        var subject = new AuditSubject("star", "Star", GateScope.Removed, Severity.High, ["a star"], ["a picture of a star"], null, Place) { Companions = [[new Companion("red", ["something red", "something blue"])]] };
        return new EditReport
        {
            ToolVersion = "0.1.0",
            Policy = new PolicyReference("policy.yaml", PolicyHex),
            Base = new ModelReference("base.safetensors", Digest('a')),
            SettingsDigest = Digest('d'),
            ShardSize = ShardSizes.OfEdits,
            Model = new ModelReference("governed", ModelDigest),
            Environment = new ComputeEnvironment("2.10.0", "cpu", 2, "padded", "float32", "Some processor; AVX2"),
            Edit = new EditSection("diff-quick-fix", [0], 0.01, TokenSelection.SubjectToEnd, 1, ["{}"]) { CrossAttention = "uce", MaxDrift = 0.1 },
            Edits = [new EditedTensor("text_encoder", CLIPTextLayers.OutProj(0) + ".weight", 0, [1, 2], new EditFacts("F16", 14, 154, 1.25, 0.125, 0.0625, 1234.5, 0.01, 1e-7, Digest('e'), Digest('f'))) { Drift = [new PromptDrift("moon", "a moon", 0.01)] }],
            LayerChoices = [new LayerChoice("text_encoder", [0], true, [])],
            TextPaths = [new TextPath("text_encoder", true)],
            Hardening = [new HardeningRound(1, 4, ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, [KeyValuePair.Create("soft-prompt", 3)]), 0.02, HardeningOutcome.Solved)],
            Fingerprint = new ModelFingerprint(["a star", ""], [new EncoderFingerprint("text_encoder", 1, [Sketch(0.5), Sketch(-0.25)], [Sketch(0.125), Sketch(-0.25)])]),
            LeftOut = ["text_encoder/pytorch_model.bin"],
            Audit = new AuditReport(
                Digest('0'),
                new GenerationSection("ddim", 20, 7.5, 2) { Looks = 2 },
                Severity.Medium,
                [new SubjectMeasurements(subject, 4, [new Measurement("clip-score", false, [0.25, 0.5], [0.75, 0.25])]) { Attempts = [new AttackAttempt("paraphrases", "a star", "the star", 0.5, 0.25, WasPresent: false, Succeeded: true)], Probes = [new ProbeResult(new Probe(ProbeKind.TwoConcepts, "a star and a circle"), 2, 0.5, 1)] }],
                [
                    Outcome("gone", LimitKind.Max, 0.5, Verdict.Pass, new Interval(0.125, 0.375)) with { Look = new SequentialLook(1, 2, 8) },
                    Outcome("lower", LimitKind.MaxRatio, 0.8, Verdict.Waived, new Interval(0.9, 1)),
                    Outcome("updated", LimitKind.Min, 0.9, Verdict.Inconclusive, new Interval(0.8, 1)) with { Severity = Severity.Low },
                    Outcome("kept", LimitKind.MaxRelativeDrop, 0.1, Verdict.Fail, new Interval(0.2, 0.3)) with { Severity = Severity.Low, ComparedWith = new BaselineReference("accepted.json", Digest('1')) },
                ],
                [new Waiver("lower", "star", "@alice", "Accepted.", new DateOnly(2026, 12, 31), Place)],
                Verdict.Waived)
            {
                Attack = new AttackSection(),
                Pictures = new PictureIndexReference("modelguard-pictures.json", Digest('9'), 4),
            },
            Run = new RunFacts(new DateTimeOffset(2026, 6, 15, 12, 0, 0, 250, TimeSpan.Zero), TimeSpan.FromSeconds(61.5), TimeSpan.FromMilliseconds(80), "Some system, X64"),
        };

        static GateOutcome Outcome(string gate, LimitKind limit, double value, Verdict verdict, Interval interval) =>
            new(new Gate(gate, "clip-score", GateScope.Removed, limit, value, Place), "star", "Star", Severity.High, Place, verdict, (interval.Low + interval.High) / 2, interval, 0.25, 0.5, 4, "Why.");
    }

    public static ReportFile File() => ReportFile.Read(EditReport.FileName, ReportJson.Write(Create()));

    private static ImmutableArray<double> Sketch(double value) => [.. Enumerable.Range(0, 8).Select(i => value + i)];

    private static string Digest(char digit) => "sha256:" + new string(digit, 64);
}
