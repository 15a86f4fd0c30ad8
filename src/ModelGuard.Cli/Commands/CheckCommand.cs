using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ModelGuard.Analysis;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Terminal;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Policies;

namespace ModelGuard.Cli.Commands;

/// <summary><c>check</c>: validates a policy, and the base's layout if it is there, without loading weights or LibTorch.</summary>
internal static class CheckCommand
{
    public static Command Create(CommonOptions options)
    {
        var keys = new Option<bool>("--keys") { Description = "Also compare the keys of all names in the base's text encoders, as 'edit' does; loads LibTorch." };
        var command = new ToolCommand("check", "Validates a policy, and the checkpoint's layout and tokenizers if it is there, without loading weights.", "modelguard check policies/shapes.yaml", "modelguard check policy.yaml --keys") { options.Policy, options.AllowOutside, keys };
        command.Runs(options, (parse, output, _) =>
        {
            var policy = PolicyLoading.Load(parse.GetRequiredValue(options.Policy), output, options.Links(parse));
            var path = policy.Resolve(policy.Model.Base);
            var isPresent = Path.Exists(path);
            if (isPresent) Analyse(policy, CheckpointOpening.Open(path, policy, output), parse.GetValue(keys), output);
            if (output.Json) WriteJson(output.Standard, policy, isPresent);
            else output.Say(string.Create(CultureInfo.InvariantCulture, $"'{policy.Path}' is valid: {policy.Concepts.Length} concept(s), {policy.Preserve.Length} preserved, {policy.Gates.Length} gate(s). {(isPresent ? $"The base '{policy.Model.Base}' is a checkpoint that can be edited." : $"The base '{policy.Model.Base}' is not there, so it was not looked at.")}"));
            return ExitCodes.Success;
        });
        return command;
    }

    private static void Analyse(Policy policy, Checkpoint checkpoint, bool withKeys, Output output)
    {
        if (withKeys) NativeBackend.EnsureLoaded();
        PolicyLoading.Report(PolicyAnalysis.Find(policy, checkpoint, withKeys ? AnalysisDepth.Keys : AnalysisDepth.Tokens), output);
    }

    private static void WriteJson(TextWriter writer, Policy policy, bool isPresent)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("policy", policy.Path);
            json.WriteString("digest", "sha256:" + policy.Digest);
            json.WriteBoolean("basePresent", isPresent);
            json.WriteNumber("concepts", policy.Concepts.Length);
            json.WriteNumber("preserve", policy.Preserve.Length);
            json.WriteNumber("gates", policy.Gates.Length);
            json.WriteEndObject();
        }

        writer.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }
}
