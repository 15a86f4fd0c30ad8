using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ModelGuard.Attestations;
using ModelGuard.Attestations.ModelSigning;
using ModelGuard.Attestations.Sigstore;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Evidence;
using ModelGuard.Reports;

namespace ModelGuard.Cli.Commands;

/// <summary><c>sign</c>: signs a model's folder and what its reports say, without LibTorch.</summary>
internal static class SignCommand
{
    // The contract's files beside a checkpoint. They are recorded as left out even where they come later.
    private static readonly string[] ReportNames = [EditReport.FileName, SignedReports.FileName, "modelguard-report.html", ModelFiles.DeltaName];

    public static Command Create(CommonOptions options)
    {
        var model = new Argument<string>("MODEL") { Description = "The folder of the model." };
        var report = new Option<string?>("--report") { Description = "A report to sign besides the one in the folder, for example of an audit." };
        var method = SerializationOptions.CreateMethod("What is digested: files as a whole, or shards of them, on all cores; files when left out.");
        var size = SerializationOptions.CreateShardSize("Bytes of a shard, with '--serialization shards'; those of the report where it has some, else 1000000000, when left out.");
        var evidence = new EvidenceOptions();
        var command = new ToolCommand("sign", "Signs a model as OpenSSF model signing 1.0 says, and its reports as in-toto statements.", "modelguard sign artifacts/governed --private-key key.pem", "modelguard sign artifacts/governed --private-key SIGNING_KEY --report audit.json") { model, report, evidence.PrivateKey, evidence.PasswordVariable, evidence.SigningCertificate, evidence.CertificateChain, evidence.Signature, evidence.IgnorePaths, method, size };
        command.Validators.Add(result =>
        {
            if (result.GetResult(size) is { Implicit: false } && SerializationOptions.AsksForShards(result.GetValue(method)) != true) result.AddError("'--shard-size' needs '--serialization shards'.");
        });
        command.Runs(options, (parse, output, cancellation) =>
        {
            var hashed = new HashedModel(parse.GetRequiredValue(model), cancellation);
            if (!Directory.Exists(hashed.Path)) throw new AttestationException("MG2017", $"'{hashed.Path}' is no folder. A model is signed as a folder, as tools disagree on what a single file is called in a signature; put the file into one.");
            // What a killed run left of the signature is no file of the model.
            AtomicFile.RemoveLeftoversOf(evidence.SignaturePath(parse, hashed.Path));
            var reports = SignedReports.Find(hashed.Path, parse.GetValue(report));
            foreach (var file in reports) ReportEvidence.RequireAbout(file, hashed.Root(file.Document.Model.ShardSize));
            var (key, signer) = evidence.Signer(parse);
            using (key)
            {
                var signature = evidence.SignaturePath(parse, hashed.Path);
                var manifest = Manifest(hashed, signature, parse.GetValue(evidence.IgnorePaths) ?? [], SerializationOptions.AsksForShards(parse.GetValue(method)) == true ? parse.GetValue(size) ?? SizeOf(reports) : null);
                // The model's signature comes last: where it is, the rest is there too.
                var statements = reports.IsEmpty ? null : Path.Combine(hashed.Path, SignedReports.FileName);
                if (statements is not null) AtomicFile.Write(statements, SignedReports.Sign(signer, reports.SelectMany(r => ReportStatements.Create(r))));
                AtomicFile.Write(signature, [.. BundleWriter.Write(signer.Sign(ModelStatement.Create(manifest).ToJson())), (byte)'\n']);
                if (output.Json) output.Standard.WriteLine(JsonSerializer.Serialize(new SignResult(hashed.Path, signature, statements, signer.Name, manifest.Root, manifest.Files().Length, [.. reports.Select(r => r.Name)]), EvidenceJson.Default.SignResult));
                else output.Say(string.Create(CultureInfo.InvariantCulture, $"Signed {manifest.Files().Length} file(s){(manifest.ShardSize is { } bytes ? string.Create(CultureInfo.InvariantCulture, $" in shards of {bytes} bytes") : "")} with {signer.Name} → '{signature}'. {(reports.IsEmpty ? "There is no report to sign." : $"Signed what {string.Join(" and ", reports.Select(r => $"'{r.Name}'"))} say(s) → '{statements}'.")}"));
            }

            return ExitCodes.Success;
        });
        return command;
    }

    // What a report is over was digested to hold it against the model.
    private static long SizeOf(ImmutableArray<ReportFile> reports) => reports.Select(r => r.Document.Model.ShardSize).FirstOrDefault(s => s is not null) ?? ShardSizes.OfSpecification;

    private static ModelManifest Manifest(HashedModel model, string signature, IEnumerable<string> ignorePaths, long? shardSize)
    {
        var own = Path.GetRelativePath(model.Path, signature).Replace('\\', '/');
        // Whatever else of a report lies there speaks about the model too, and has no part in its root digest.
        var present = Directory.EnumerateFiles(model.Path).Select(f => Path.GetFileName(f)).Where(ModelFiles.SpeaksAboutTheModel);
        string[] ignored = [.. IgnoredPaths.VersionControl, IgnoredPaths.SignatureName, .. ReportNames, .. present, .. IgnoredPaths.IsInside(own) ? [own] : Array.Empty<string>(), .. ignorePaths.Select(p => Relative(model, p))];
        var files = model.Digested(model.Files(new IgnoredPaths([.. ignored]).Covers), shardSize);
        return files.All(f => f.Resources.IsEmpty) ? throw new AttestationException("MG2017", $"Nothing is left of '{model.Path}' to sign. Ignore less.") : ModelManifest.Create(model.Name, files.SelectMany(f => f.Resources).Select(r => new SignedResource(r.Name, r.Sha256)), ignored, shardSize);
    }

    // As the model's own names, or as a shell completes them.
    private static string Relative(HashedModel model, string path)
    {
        var name = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)) is var full && full.StartsWith(model.Path + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? Path.GetRelativePath(model.Path, full) : path;
        name = name.Replace('\\', '/').TrimEnd('/');
        return IgnoredPaths.IsInside(name) ? name : throw new AttestationException("MG2017", $"'{path}' names nothing inside '{model.Path}' that could be left out. Name a path relative to the model.");
    }
}
