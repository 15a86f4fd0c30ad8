using System.CommandLine;
using System.Text;
using System.Text.Json;
using ModelGuard.Attestations.InToto;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Evidence;
using ModelGuard.Reports;

namespace ModelGuard.Cli.Commands;

/// <summary><c>attest</c>: what GitHub's attest action takes, which signs without a key of ours; without LibTorch.</summary>
internal static class AttestCommand
{
    // Input subject-checksums of actions/attest, in the form of sha256sum.
    private const string Subjects = "subjects.txt";

    public static Command Create(CommonOptions options)
    {
        var model = new Argument<string>("MODEL") { Description = "The folder of the model." };
        var reportOption = new Option<string?>("--report") { Description = "The report, instead of the one in the folder." };
        var target = new Option<string>("--output", "-o") { Description = "The folder for subjects.txt and a predicate file for each statement.", Required = true };
        var command = new ToolCommand("attest", "Writes the subjects and predicates that GitHub's attest action takes.", "modelguard attest artifacts/governed --output attestation") { model, reportOption, target };
        command.Runs(options, (parse, output, cancellation) =>
        {
            var hashed = new HashedModel(parse.GetRequiredValue(model), cancellation);
            var path = parse.GetValue(reportOption) ?? Path.Combine(hashed.Path, EditReport.FileName);
            var report = ReportFile.Read(Path.GetFileName(path), File.ReadAllBytes(path));
            ReportEvidence.RequireAbout(report, hashed.Root(report.Document.Model.ShardSize));
            var folder = parse.GetRequiredValue(target);
            var statements = ReportStatements.Create(report);
            foreach (var statement in statements) AtomicFile.Write(Path.Combine(folder, FileName(statement)), JsonSerializer.SerializeToUtf8Bytes(statement.Predicate));
            // The predicates first: where the subjects are, all is there.
            AtomicFile.Write(Path.Combine(folder, Subjects), Encoding.UTF8.GetBytes(string.Concat(statements[0].Subjects.Select(s => $"{s.Sha256}  {s.Name}\n"))));
            foreach (var statement in statements) output.Say($"'{Path.Combine(folder, FileName(statement))}' is a predicate of type '{statement.PredicateType}'.");
            return ExitCodes.Success;
        });
        return command;
    }

    private static string FileName(Statement statement) => statement.PredicateType switch
    {
        ReportStatements.EditReportType => "edit-report.predicate.json",
        ReportStatements.TestResultType => "test-result.predicate.json",
        _ => "provenance.predicate.json",
    };
}
