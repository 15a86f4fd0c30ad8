using System.Collections.Immutable;
using ModelGuard.Attestations;
using ModelGuard.Attestations.Signing;
using ModelGuard.Checkpoints;
using ModelGuard.Policies;
using ModelGuard.Reports;

namespace ModelGuard.Cli.Evidence;

/// <summary>What the digests of a model and its reports proved.</summary>
/// <param name="Root">The model's root digest, as the first report has it.</param>
/// <param name="Reports">Names of the reports that are about it.</param>
/// <param name="IsSigned">Whether somebody trusted signed what the reports say.</param>
/// <param name="Policy">Name of the policy that they were held against; null for none.</param>
/// <param name="Base">Name of the base that they were held against; null for none.</param>
internal sealed record DigestProof(string Root, ImmutableArray<string> Reports, bool IsSigned, string? Policy, string? Base);

/// <summary>Holds reports against the model, against what was signed about them, and against policy and base where these are here.</summary>
internal sealed class DigestCheck(HashedModel model, Trust trust)
{
    /// <summary>A report besides the one in the model's folder.</summary>
    public string? Report { get; init; }

    /// <summary>The policy to hold the reports against.</summary>
    public Policy? Policy { get; init; }

    /// <summary>The base to hold them against; it is not looked at where it is absent.</summary>
    public HashedModel? Base { get; init; }

    /// <summary>Runs the check.</summary>
    /// <exception cref="AttestationException">MG2002 to MG2022: something does not hold.</exception>
    public DigestProof Run()
    {
        var reports = SignedReports.Find(model.Path, Report);
        if (reports.IsEmpty) throw AttestationException.Refuse("MG2019", $"There is no report '{Path.Combine(model.Path, EditReport.FileName)}' to hold the digests against. Name one with --report, or verify the signature alone (--only signature).");
        foreach (var report in reports) ReportEvidence.RequireAbout(report, Root(report));
        var isSigned = trust is not NoTrust;
        if (isSigned)
        {
            var path = Path.Combine(model.Path, SignedReports.FileName);
            var signed = SignedReports.Read(path, trust);
            foreach (var report in reports) ReportEvidence.RequireSigned(report, signed, path);
        }

        if (Policy is not null)
        {
            foreach (var report in reports) ReportEvidence.RequirePolicy(report, new PolicyReference(Path.GetFileName(Policy.Path), "sha256:" + Policy.Digest));
        }

        return new DigestProof(Root(reports[0]), [.. reports.Select(r => r.Name)], isSigned, Policy is null ? null : Path.GetFileName(Policy.Path), CheckBase(reports));
    }

    private string Root(ReportFile report)
    {
        try
        {
            return model.Root(report.Document.Model.ShardSize);
        }
        catch (CheckpointException e)
        {
            // A link or a pipe among the files is no mishap here: an edited checkpoint has none.
            throw AttestationException.Refuse(e.Code, e.Message, e);
        }
    }

    private string? CheckBase(ImmutableArray<ReportFile> reports)
    {
        if (Base is null || !Path.Exists(Base.Path)) return null;
        foreach (var report in reports) ReportEvidence.RequireBase(report, new ModelReference(Base.Name, Base.Root(report.Document.Model.ShardSize)));
        return Base.Name;
    }
}
