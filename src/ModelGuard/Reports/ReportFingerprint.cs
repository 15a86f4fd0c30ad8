using ModelGuard.Attestations;
using ModelGuard.Fingerprints;

namespace ModelGuard.Reports;

/// <summary>The fingerprint in a report that somebody else may have written.</summary>
public static class ReportFingerprint
{
    private const int MostPrompts = 256;
    private const int MostLayers = 1024;

    /// <summary>The fingerprint.</summary>
    /// <exception cref="AttestationException">MG2026: the report has none; MG2021: it has one that no edit writes.</exception>
    public static ModelFingerprint Require(ReportFile report)
    {
        if (report.Document.Edit is not { } edit) throw new AttestationException("MG2026", $"'{report.Name}' is no report of an edit, so it holds no fingerprint of a text encoder. Name the report that the edit wrote.");
        if (edit.Fingerprint is not { } fingerprint) throw new AttestationException("MG2026", $"'{report.Name}' holds no fingerprint of a text encoder: the edit changed none, or an earlier version of the tool wrote it. Compare digests instead (--only digest), or edit again to get one.");
        var (prompts, encoders) = (fingerprint.Prompts.Length, fingerprint.Encoders);
        if (prompts is > 0 and <= MostPrompts && encoders is { IsEmpty: false } && encoders.All(e => e.Layers is > 0 and <= MostLayers && new[] { e.Edited, e.Base }.All(s => s.Length == prompts && s.All(numbers => numbers.Length == StateSketch.Size)))) return fingerprint;
        throw AttestationException.Refuse("MG2021", FormattableString.Invariant($"The fingerprint in '{report.Name}' is malformed: each encoder has {StateSketch.Size} numbers for each of 1 to {MostPrompts} prompts, before and after the edit. Take the report that the tool wrote."));
    }
}
