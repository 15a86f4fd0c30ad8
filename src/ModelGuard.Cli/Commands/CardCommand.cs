using System.CommandLine;
using System.Text;
using ModelGuard.Attestations;
using ModelGuard.Attestations.ModelSigning;
using ModelGuard.Cards;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Evidence;
using ModelGuard.Reports;

namespace ModelGuard.Cli.Commands;

/// <summary><c>card</c>: says in an edited model's card what it is; without LibTorch.</summary>
internal static class CardCommand
{
    public static Command Create(CommonOptions options)
    {
        var model = new Argument<string>("MODEL") { Description = "The folder of the edited model, with its report." };
        var original = new Option<string?>("--base-model") { Description = "The base as the hub knows it, for example owner/name; its name in the report when left out." };
        var command = new ToolCommand("card", "Writes into the model card (README.md) of an edited model which base it was made from, tags, and a section on the edit, and keeps the rest.", "modelguard card artifacts/governed --base-model owner/name") { model, original };
        command.Runs(options, (parse, output, cancellation) =>
        {
            var hashed = new HashedModel(parse.GetRequiredValue(model), cancellation);
            var reportPath = Path.Combine(hashed.Path, EditReport.FileName);
            if (!File.Exists(reportPath)) throw new AttestationException("MG2019", $"There is no report '{reportPath}' of an edit to write a card from. Name the folder of an edited model.");
            if (File.Exists(Path.Combine(hashed.Path, IgnoredPaths.SignatureName))) throw new AttestationException("MG2031", $"'{hashed.Path}' is signed, and its card is a part of what was signed. Remove '{IgnoredPaths.SignatureName}', write the card, and sign again.");
            var report = ReportFile.Read(EditReport.FileName, File.ReadAllBytes(reportPath));
            ReportEvidence.RequireAbout(report, hashed.Root(report.Document.Model.ShardSize));
            var facts = CardFacts.Of(report, parse.GetValue(original)) ?? throw new AttestationException("MG2019", $"'{reportPath}' is no report of an edit. Name the folder of an edited model.");
            var path = Path.Combine(hashed.Path, ModelCard.FileName);
            var before = File.Exists(path) ? ModelCard.Read(File.ReadAllBytes(path)) : "";
            var after = ModelCard.Apply(before, facts);
            if (after == before)
            {
                output.Say($"'{path}' says so already.");
                return ExitCodes.Success;
            }

            AtomicFile.Write(path, Encoding.UTF8.GetBytes(after));
            // The card is a part of the model, and the report is about the model with it.
            var root = new HashedModel(hashed.Path, cancellation).Root(report.Document.Model.ShardSize);
            AtomicFile.Write(reportPath, report.WithModelDigest(root));
            output.Say($"Wrote '{path}': base_model, tags and a section on the edit. The model's root digest is {root} now, and the report says so.");
            return ExitCodes.Success;
        });
        return command;
    }
}
