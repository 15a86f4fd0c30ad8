using System.CommandLine;
using ModelGuard.Attestations;
using ModelGuard.Cli.Evidence;
using ModelGuard.Cli.Terminal;
using ModelGuard.Cli.Workflows;
using ModelGuard.Policies;

namespace ModelGuard.Cli.Commands;

/// <summary><c>verify</c>: the whole check, locally: signature → digests → edit → fingerprint → gates. The first two need no LibTorch and do not load it.</summary>
internal static class VerifyCommand
{
    public static Command Create(CommonOptions options, TimeProvider clock)
    {
        var report = new Option<string?>("--report") { Description = "Where the audit's report goes; without gates, a report to check besides the one in the folder." };
        var only = new Option<VerifyParts?>(VerifyPartsReading.Name) { HelpName = "parts", Description = "The parts: signature, digest, edit, fingerprint, gates, separated by commas. When left out: edit and gates, and the others too if a key or certificate is named.", CustomParser = r => VerifyPartsReading.Parse(r) };
        var fingerprint = new Option<bool>(VerifyPartsReading.Fingerprint) { Description = "Tell from a model in use and a report alone whether its text encoders are those that the edit made; as '--only fingerprint'." };
        var evidence = new EvidenceOptions();
        var command = new ToolCommand("verify", "Checks the signature and the digests of an edited checkpoint, solves its edit again and holds it against it, and runs the gates on it.", "modelguard verify policies/shapes.yaml --public-key key.pub.pem", "modelguard verify policy.yaml --only edit", "modelguard verify artifacts/governed --only signature,digest --public-key key.pub.pem") { options.Policy, only, fingerprint, evidence.PublicKey, evidence.CertificateChain, evidence.Signature, evidence.IgnorePaths, evidence.IgnoreUnsigned, options.Model, options.Output, report, options.Components, options.Variant, options.Device, options.Dtype, options.AllowOutside, options.Threads };
        command.Validators.Add(result =>
        {
            // A folder is a model, of which nothing can be solved or judged without a policy.
            var parts = result.GetResult(only) is { } named ? VerifyPartsReading.Of(named.Tokens.Select(t => t.Value)) : result.GetResult(fingerprint) is { Implicit: false } ? VerifyParts.Fingerprint : VerifyParts.OfPolicy;
            if ((parts & VerifyParts.OfPolicy) == VerifyParts.None || result.GetResult(options.Policy)?.Tokens is not [{ Value: var path }] || !Directory.Exists(path)) return;
            result.AddError($"'{path}' is a folder; edit and gates need a policy. Name a policy, or verify with '--only signature,digest' or '--fingerprint'.");
        });
        command.Runs(options, (parse, output, cancellation) =>
        {
            var asked = parse.GetValue(only) ?? VerifyParts.None;
            if (parse.GetValue(fingerprint)) asked |= VerifyParts.Fingerprint;
            var isWhole = asked == VerifyParts.None && evidence.HasTrust(parse);
            var parts = isWhole ? VerifyParts.Evidence | VerifyParts.Computing : asked == VerifyParts.None ? VerifyParts.OfPolicy : asked;
            if ((parts & VerifyParts.Computing) != VerifyParts.None) Backend.Prepare(parse, options);
            var policy = FindPolicy(parse, options, parts, output);
            // Without a key and without a choice of parts this is what one runs on a policy at work: an edit that is not there is made.
            if (asked == VerifyParts.None && !isWhole) return EditAndJudge(parse, options, policy!, output, parse.GetValue(report), cancellation);

            var model = new HashedModel(ModelPath(parse, options, parts, policy), cancellation);
            // With gates, the option says where their report goes.
            var named = parts.HasFlag(VerifyParts.Gates) ? null : parse.GetValue(report);
            // The edit can be held against a report alone.
            if (!Path.Exists(model.Path) && !(parts == VerifyParts.Edit && named is not null)) throw new AttestationException("MG2017", $"There is no model '{model.Path}'. Name its folder, or its policy.");
            var trust = evidence.Trust(parse, clock);
            var run = new VerifyRun(model, policy, output)
            {
                Trust = trust,
                Base = policy is null ? null : new HashedModel(BasePath(parse, options, parts, policy), cancellation, options.Links(parse)),
                Report = named,
                Opening = policy is null ? options.CreateCheckpointOptions(parse) : CheckpointOpening.OptionsOf(policy),
            };
            if (parts.HasFlag(VerifyParts.Signature)) run.Check(evidence.SignatureCheck(parse, model, trust));
            if (parts.HasFlag(VerifyParts.Digest)) run.CheckDigests();
            if (parts.HasFlag(VerifyParts.Edit)) run.CheckEdit(cancellation);
            if (parts.HasFlag(VerifyParts.Fingerprint)) run.CheckFingerprint(!isWhole, cancellation);
            var code = parts.HasFlag(VerifyParts.Gates) ? run.RunGates(Audit(parse, options, policy!, output), parse.GetValue(report), cancellation) : ExitCodes.Success;
            run.Finish();
            return code;
        });
        return command;
    }

    private static int EditAndJudge(ParseResult parse, CommonOptions options, Policy policy, Output output, string? report, CancellationToken cancellation)
    {
        EditCommand.Create(parse, options, policy, output).Run(force: false, cancellation);
        return Audit(parse, options, policy, output).Run(report, cancellation);
    }

    private static AuditWorkflow Audit(ParseResult parse, CommonOptions options, Policy policy, Output output) =>
        new(policy, EditCommand.OutputPath(parse, options, policy), parse.GetRequiredValue(options.Device), parse.GetRequiredValue(options.Dtype), options.Links(parse), output, TimeProvider.System);

    // With an edit, --model names the base; else the model.
    private static string ModelPath(ParseResult parse, CommonOptions options, VerifyParts parts, Policy? policy)
    {
        if (parse.GetValue(options.Output) is { } output) return output;
        if ((parts & VerifyParts.OfPolicy) == VerifyParts.None && parse.GetValue(options.Model) is { } model) return model;
        return policy is null ? parse.GetRequiredValue(options.Policy) : policy.Resolve(policy.Model.Output);
    }

    private static string BasePath(ParseResult parse, CommonOptions options, VerifyParts parts, Policy policy) =>
        (parts & VerifyParts.OfPolicy) != VerifyParts.None && parse.GetValue(options.Model) is { } model ? model : policy.Resolve(policy.Model.Base);

    // What needs no policy can be checked by whoever has the model alone.
    private static Policy? FindPolicy(ParseResult parse, CommonOptions options, VerifyParts parts, Output output)
    {
        var path = parse.GetRequiredValue(options.Policy);
        if ((parts & VerifyParts.OfPolicy) != VerifyParts.None) return PolicyLoading.Load(path, output, options.Links(parse));
        var isNamed = parse.GetResult(options.Policy) is { Implicit: false };
        var hasModel = parse.GetValue(options.Output) is not null || parse.GetValue(options.Model) is not null;
        return Directory.Exists(path) || path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) || (!isNamed && hasModel) ? null : PolicyLoading.Load(path, output, options.Links(parse));
    }
}
