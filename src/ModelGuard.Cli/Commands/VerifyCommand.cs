using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ModelGuard.Attestations;
using ModelGuard.Cli.Evidence;
using ModelGuard.Cli.Terminal;
using ModelGuard.Cli.Workflows;
using ModelGuard.Policies;

namespace ModelGuard.Cli.Commands;

/// <summary><c>verify</c>: the whole check, locally: signature → digests → edit → gates. The first two need no LibTorch and do not load it.</summary>
internal static class VerifyCommand
{
    public static Command Create(CommonOptions options, TimeProvider clock)
    {
        var report = new Option<string?>("--report") { Description = "Where the audit's report goes; without gates, a report to check besides the one in the folder." };
        var only = new Option<VerifyParts?>(VerifyPartsReading.Name) { Description = "The parts: signature, digest, edit, gates, separated by commas. When left out: edit and gates, and the first two if a key or certificate is named.", CustomParser = r => VerifyPartsReading.Parse(r) };
        var evidence = new EvidenceOptions();
        var command = new Command("verify", "Checks the signature and the digests of an edited checkpoint, edits it if that is needed, and runs the gates on it. Example: modelguard verify policies/shapes.yaml") { options.Policy, only, evidence.PublicKey, evidence.CertificateChain, evidence.Signature, evidence.IgnorePaths, evidence.IgnoreUnsigned, options.Model, options.Output, report, options.Device, options.Dtype, options.AllowOutside, options.Threads };
        command.Validators.Add(result =>
        {
            // A folder is a model, of which nothing can be computed without a policy.
            var parts = result.GetResult(only) is { } named ? VerifyPartsReading.Of(named.Tokens.Select(t => t.Value)) : VerifyParts.Computing;
            if ((parts & VerifyParts.Computing) == VerifyParts.None || result.GetResult(options.Policy)?.Tokens is not [{ Value: var path }] || !Directory.Exists(path)) return;
            result.AddError($"'{path}' is a folder; edit and gates need a policy. Name a policy, or verify with '--only signature,digest'.");
        });
        command.Runs(options, (parse, output, cancellation) =>
        {
            var parts = parse.GetValue(only) ?? (evidence.HasTrust(parse) ? VerifyParts.Evidence | VerifyParts.Computing : VerifyParts.Computing);
            if ((parts & VerifyParts.Computing) != VerifyParts.None) Backend.Prepare(parse, options);
            var policy = FindPolicy(parse, options, parts, output);
            if ((parts & VerifyParts.Evidence) != VerifyParts.None)
            {
                var result = CheckEvidence(new Run(parse, options, evidence, clock, cancellation), parts, policy, parse.GetValue(report));
                if (output.Json && (parts & VerifyParts.Computing) == VerifyParts.None) output.Standard.WriteLine(JsonSerializer.Serialize(result, EvidenceJson.Default.VerifyResult));
                else Say(result, output);
            }

            if (parts.HasFlag(VerifyParts.Edit))
            {
                var workflow = EditCommand.Create(parse, options, policy!, output);
                // Making it again would take the signature away that was just verified.
                if ((parts & VerifyParts.Evidence) == VerifyParts.None) workflow.Run(force: false, cancellation);
                else workflow.RequireCurrent(cancellation);
            }

            return parts.HasFlag(VerifyParts.Gates) ? new AuditWorkflow(policy!, EditCommand.OutputPath(parse, options, policy!), parse.GetRequiredValue(options.Device), parse.GetRequiredValue(options.Dtype), options.Links(parse), output, TimeProvider.System).Run(parse.GetValue(report), cancellation) : ExitCodes.Success;
        });
        return command;
    }

    private static VerifyResult CheckEvidence(Run run, VerifyParts parts, Policy? policy, string? report)
    {
        var model = new HashedModel(ModelPath(run, parts, policy), run.Cancellation);
        if (!Path.Exists(model.Path)) throw new AttestationException("MG2017", $"There is no model '{model.Path}'. Name its folder, or its policy.");
        var trust = run.Evidence.Trust(run.Parse, run.Clock);
        var signature = parts.HasFlag(VerifyParts.Signature) ? new SignatureCheck(model, trust)
        {
            Signature = run.Parse.GetValue(run.Evidence.Signature),
            IgnoredPaths = [.. run.Parse.GetValue(run.Evidence.IgnorePaths) ?? []],
            IgnoresUnsigned = run.Parse.GetValue(run.Evidence.IgnoreUnsigned),
        }.Run() : null;
        var digest = parts.HasFlag(VerifyParts.Digest) ? new DigestCheck(model, trust, run.Options.Links(run.Parse), run.Cancellation)
        {
            // With gates, the option says where their report goes.
            Report = parts.HasFlag(VerifyParts.Gates) ? null : report,
            Policy = policy,
            Base = policy is null ? null : Path.GetFullPath(policy.Resolve(policy.Model.Base)),
        }.Run() : null;
        return new VerifyResult(model.Path, signature, digest);
    }

    private static string ModelPath(Run run, VerifyParts parts, Policy? policy)
    {
        var (parse, options) = (run.Parse, run.Options);
        if (parse.GetValue(options.Output) is { } output) return output;
        // With an edit, this option names the base.
        if ((parts & VerifyParts.Computing) == VerifyParts.None && parse.GetValue(options.Model) is { } model) return model;
        return policy is null ? parse.GetRequiredValue(options.Policy) : policy.Resolve(policy.Model.Output);
    }

    // Signature and digests can be checked by whoever has the model alone.
    private static Policy? FindPolicy(ParseResult parse, CommonOptions options, VerifyParts parts, Output output)
    {
        var path = parse.GetRequiredValue(options.Policy);
        if ((parts & VerifyParts.Computing) != VerifyParts.None) return PolicyLoading.Load(path, output);
        var isNamed = parse.GetResult(options.Policy) is { Implicit: false };
        var hasModel = parse.GetValue(options.Output) is not null || parse.GetValue(options.Model) is not null;
        return Directory.Exists(path) || (!isNamed && hasModel) ? null : PolicyLoading.Load(path, output);
    }

    private static void Say(VerifyResult result, Output output)
    {
        if (result.Signature is { } signature)
        {
            output.Say(string.Create(CultureInfo.InvariantCulture, $"Signature: holds. Signed with {signature.Signer}; {signature.Files} file(s), root digest sha256:{signature.Root}."));
            if (!signature.LeftOut.IsEmpty) output.Say($"Not covered by the signature, as its signer chose: {string.Join(", ", signature.LeftOut)}.");
        }

        if (result.Digest is { } digest)
        {
            var against = (digest.Policy is { } policy ? $" made under '{policy}'" : "") + (digest.Base is { } original ? $" from '{original}'" : "");
            output.Say($"Digest: holds. {string.Join(" and ", digest.Reports.Select(r => $"'{r}'"))} speak(s) about this model{(against.Length > 0 ? $", as{against}" : "")}{(digest.IsSigned ? ", and what is said was signed by whom you trust" : "; whose word that is was not verified, as no key was named")}.");
        }
    }

    private sealed record Run(ParseResult Parse, CommonOptions Options, EvidenceOptions Evidence, TimeProvider Clock, CancellationToken Cancellation);
}
