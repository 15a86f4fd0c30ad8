using System.Collections.Immutable;
using System.Globalization;
using ModelGuard.Attestations;
using ModelGuard.Checkpoints;
using ModelGuard.Fingerprints;
using ModelGuard.Reports;

namespace ModelGuard.Cli.Evidence;

/// <summary>What the text encoders in use showed.</summary>
/// <param name="Report">Name of the report with the fingerprint.</param>
/// <param name="Prompts">Number of canary prompts.</param>
/// <param name="Encoders">The encoders; all are the edited ones.</param>
internal sealed record FingerprintProof(string Report, int Prompts, ImmutableArray<EncoderIdentity> Encoders);

/// <summary>Tells from a model in use and a report whether its text encoders are those that the edit made.</summary>
internal sealed class FingerprintCheck(Checkpoint checkpoint, ReportFile report)
{
    /// <summary>Runs the check.</summary>
    /// <exception cref="AttestationException">MG2027: the base's encoder is in use; MG2028: another one; MG2026 or MG2029: it cannot be told.</exception>
    public FingerprintProof Run(CancellationToken cancellation)
    {
        var fingerprint = ReportFingerprint.Require(report);
        var identities = FingerprintReader.Identify(checkpoint, fingerprint, cancellation);
        foreach (var identity in identities) Require(identity);
        return new FingerprintProof(report.Name, fingerprint.Prompts.Length, identities);
    }

    private void Require(EncoderIdentity identity)
    {
        var place = $"The text encoder '{identity.Component}' of '{checkpoint.Path}'";
        var seen = string.Create(CultureInfo.InvariantCulture, $"of {identity.Telling} prompt(s) that tell them apart it answers {identity.AsEdited} as the edited one and {identity.AsBase} as the base's");
        switch (identity.Kind)
        {
            case EncoderKind.Base:
                throw AttestationException.Refuse("MG2027", $"{place} is that of the base: {seen}. The edit was taken back. Deploy the edited model again.");
            case EncoderKind.Other:
                throw AttestationException.Refuse("MG2028", $"{place} is neither the edited one of '{report.Name}' nor the base's: {seen}. It was edited or trained otherwise, or belongs to another model. Deploy the edited model again, or name its own report.");
            case EncoderKind.Undecided:
                throw new AttestationException("MG2029", $"{place} cannot be told from the base's: the edit of '{report.Name}' changes too little on its canary prompts. Compare digests instead (--only digest).");
            default:
                return;
        }
    }
}
