using System.Collections.Immutable;
using System.Text.Json;
using ModelGuard.Attestations;
using ModelGuard.Attestations.InToto;

namespace ModelGuard.Reports;

/// <summary>Holds a report against the model that it is about and against what somebody trusted signed about it.</summary>
public static class ReportEvidence
{
    /// <summary>Checks that a report is about a model and does not contradict itself.</summary>
    /// <param name="report">The report.</param>
    /// <param name="modelDigest">The model's root digest, computed from its files.</param>
    /// <exception cref="AttestationException">MG2018: it is about another model; MG2021: it contradicts itself.</exception>
    public static void RequireAbout(ReportFile report, string modelDigest)
    {
        var named = report.Document.Model.Output.Digest;
        if (named != modelDigest) throw AttestationException.Refuse("MG2018", $"'{report.Name}' is about a model with the root digest {named}; this one has {modelDigest}. Take the report of this model, or the model of this report.");
        ReportConsistency.Check(report);
    }

    /// <summary>Checks that every statement that follows from a report was signed, byte for byte of the report and value for value.</summary>
    /// <param name="report">The report.</param>
    /// <param name="signed">What somebody trusted signed.</param>
    /// <param name="place">Where the statements come from, for messages.</param>
    /// <exception cref="AttestationException">MG2019: a statement about this report is missing; MG2020: one says something else.</exception>
    public static void RequireSigned(ReportFile report, ImmutableArray<Statement> signed, string place)
    {
        foreach (var expected in ReportStatements.Create(report))
        {
            // Only this report's statements speak for it: those that name the same digests.
            var found = signed.Where(s => s.PredicateType == expected.PredicateType && expected.Subjects.All(e => s.Subjects.Any(a => a.Sha256 == e.Sha256))).ToArray();
            if (found.Length == 0) throw AttestationException.Refuse("MG2019", $"'{place}' holds no signed statement of type '{expected.PredicateType}' about '{report.Name}' (SHA-256 {report.Sha256}) and its model: the report was changed after it was signed, or never signed. Take the signed report, or sign this one after review.");
            if (!found.Any(s => JsonElement.DeepEquals(s.Predicate, expected.Predicate))) throw AttestationException.Refuse("MG2020", $"The signed statement of type '{expected.PredicateType}' in '{place}' says something else than '{report.Name}'. Have the report signed again.");
        }
    }

    /// <summary>Checks that a report names a policy.</summary>
    /// <exception cref="AttestationException">MG2022: it names another.</exception>
    public static void RequirePolicy(ReportFile report, PolicyReference policy)
    {
        if (report.Document.Policy.Digest != policy.Digest) throw AttestationException.Refuse("MG2022", $"'{report.Name}' was made under a policy with the digest {report.Document.Policy.Digest}; '{policy.Name}' has {policy.Digest}. Edit and audit again under this policy, or use the one of the report.");
    }

    /// <summary>Checks that a report names a base.</summary>
    /// <exception cref="AttestationException">MG2022: it names another.</exception>
    public static void RequireBase(ReportFile report, ModelReference original)
    {
        if (report.Document.Model.Base.Digest != original.Digest) throw AttestationException.Refuse("MG2022", $"'{report.Name}' names a base with the root digest {report.Document.Model.Base.Digest}; '{original.Name}' has {original.Digest}. Use the base of the report, or edit this one again.");
    }
}
