using ModelGuard.Attestations;
using ModelGuard.Attestations.Signing;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Terminal;
using ModelGuard.Cli.Workflows;
using ModelGuard.Policies;
using ModelGuard.Reports;
using ModelGuard.Verdicts;

namespace ModelGuard.Cli.Evidence;

/// <summary>Checks the parts of <c>verify</c> one after the other, says what each proved, and stops at the first that does not hold. No file is digested twice.</summary>
internal sealed class VerifyRun(HashedModel model, Policy? policy, Output output)
{
    private VerifyResult result = new(model.Path);

    /// <summary>Whom signatures must come from.</summary>
    public Trust Trust { get; init; } = new NoTrust();

    /// <summary>The base; null without a policy.</summary>
    public HashedModel? Base { get; init; }

    /// <summary>A report besides the one in the model's folder.</summary>
    public string? Report { get; init; }

    /// <summary>How the model is opened.</summary>
    public CheckpointOptions Opening { get; init; } = CheckpointOptions.Default;

    /// <summary>Checks the signature.</summary>
    public void Check(SignatureCheck check)
    {
        var proof = check.Run();
        result = result with { Signature = proof };
        Say(ProofLines.Of(proof));
        if (!proof.LeftOut.IsEmpty) Say($"Not covered by the signature, as its signer chose: {string.Join(", ", proof.LeftOut)}.");
        if (!proof.EmptyFiles.IsEmpty) Say($"Not covered by the signature, as it lists shards and an empty file has none: {string.Join(", ", proof.EmptyFiles)}.");
    }

    /// <summary>Checks model, reports, policy and base by their digests.</summary>
    public void CheckDigests()
    {
        var proof = new DigestCheck(model, Trust) { Report = Report, Policy = policy, Base = Base }.Run();
        result = result with { Digest = proof };
        Say(ProofLines.Of(proof));
    }

    /// <summary>Solves the edit again.</summary>
    public void CheckEdit(CancellationToken cancellation)
    {
        var proof = new EditCheck(policy!, Base!, model, output) { Report = Report }.Run(cancellation);
        result = result with { Edit = proof };
        Say(ProofLines.Of(proof));
        if (proof.Untouched is { } untouched) Say(ProofLines.Of(untouched));
    }

    /// <summary>Tells whether the edited text encoders are in use.</summary>
    /// <param name="isAsked">Whether it was asked for by name; else a report without a fingerprint is only told.</param>
    /// <param name="cancellation">Stops between two layers.</param>
    public void CheckFingerprint(bool isAsked, CancellationToken cancellation)
    {
        var report = SignedReports.OfEdit(model.Path, Report)
            ?? throw new AttestationException("MG2026", $"There is no report of an edit in '{model.Path}', and so no fingerprint of a text encoder. Name it with --report.");
        if (!isAsked && report.Document.Edit!.Fingerprint is null)
        {
            Say($"Fingerprint: not looked at, as '{report.Name}' holds none.");
            return;
        }

        var proof = new FingerprintCheck(CheckpointOpening.Open(model.Path, Opening, output), report).Run(cancellation);
        result = result with { Fingerprint = proof };
        Say(ProofLines.Of(proof));
    }

    /// <summary>Runs the gates again.</summary>
    /// <returns>The exit code of their verdict.</returns>
    public int RunGates(AuditWorkflow audit, string? reportPath, CancellationToken cancellation)
    {
        var judged = audit.Judge(reportPath, cancellation);
        var proof = new GatesProof(ReportJson.Word(judged.Verdict), judged.Pictures?.Line is { } line ? $"{judged.Summary} {line}" : judged.Summary);
        result = result with { Gates = proof };
        Say(ProofLines.Of(proof));
        return OverallVerdict.ExitCode(judged.Verdict);
    }

    /// <summary>Writes machine output, where it is wanted.</summary>
    public void Finish()
    {
        if (output.Json) output.Standard.WriteLine(System.Text.Json.JsonSerializer.Serialize(result, EvidenceJson.Default.VerifyResult));
    }

    private void Say(string line)
    {
        if (!output.Json) output.Say(line);
    }
}
