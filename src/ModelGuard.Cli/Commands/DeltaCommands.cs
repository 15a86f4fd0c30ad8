using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Terminal;
using ModelGuard.Deltas;
using ModelGuard.Editing;

namespace ModelGuard.Cli.Commands;

/// <summary><c>apply</c>: base + delta → edited checkpoint; <c>revert</c>: edited checkpoint + delta → base. Both without LibTorch.</summary>
internal static class DeltaCommands
{
    public static Command CreateApply(CommonOptions options) => Create(
        options,
        new ToolCommand("apply", "Makes the edited checkpoint from the base and a delta, byte for byte.", "modelguard apply models/base --delta change.safetensors --output models/governed"),
        new Argument<string>("BASE") { Description = "The checkpoint that the delta was made for." },
        DeltaApplication.Apply);

    public static Command CreateRevert(CommonOptions options) => Create(
        options,
        new ToolCommand("revert", "Makes the base from an edited checkpoint and its delta, byte for byte.", "modelguard revert models/governed --delta change.safetensors --output models/base"),
        new Argument<string>("EDITED") { Description = "The checkpoint that the delta makes." },
        DeltaApplication.Revert);

    private delegate DeltaResult Step(Checkpoint checkpoint, DeltaFile delta, string output, PublishOptions options, CancellationToken cancellation);

    private static Command Create(CommonOptions options, Command command, Argument<string> source, Step step)
    {
        var delta = new Option<string>("--delta") { Description = "The file that 'edit --delta' wrote.", Required = true };
        var target = new Option<string>("--output", "-o") { Description = "The folder that is written.", Required = true };
        command.Add(source);
        foreach (var option in new Option[] { delta, target, options.AllowOutside }) command.Add(option);
        command.Runs(options, (parse, output, cancellation) =>
        {
            var (from, to) = (Path.GetFullPath(parse.GetRequiredValue(source)), Path.TrimEndingDirectorySeparator(Path.GetFullPath(parse.GetRequiredValue(target))));
            Paths.RequireApart(from, to);
            using var file = DeltaFile.Open(parse.GetRequiredValue(delta));
            var checkpoint = CheckpointOpening.Open(from, new CheckpointOptions { Variant = file.Manifest.Variant }, output);
            var result = Run(step, checkpoint, file, to, options.Links(parse), output, cancellation);
            if (output.Json) WriteJson(output.Standard, from, file, to, result);
            else output.Say(string.Create(CultureInfo.InvariantCulture, $"Changed {file.Manifest.Tensors.Length} tensor(s) of '{from}' → '{to}', {result.Digest}."));
            if (!result.Missing.IsEmpty) output.Say($"Not brought back, because the edit left them out: {string.Join(", ", result.Missing)}.");
            return ExitCodes.Success;
        });
        return command;
    }

    private static DeltaResult Run(Step step, Checkpoint checkpoint, DeltaFile delta, string target, LinkRule links, Output output, CancellationToken cancellation)
    {
        using var line = output.Progress("Copying");
        return step(checkpoint, delta, target, new PublishOptions(links, DigestCache.OfUser(TimeProvider.System)) { Progress = new CopyForwarder(line) }, cancellation);
    }

    private static void WriteJson(TextWriter writer, string source, DeltaFile delta, string target, DeltaResult result)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("source", source);
            json.WriteString("delta", delta.Path);
            json.WriteString("output", target);
            json.WriteString("digest", result.Digest);
            json.WriteString("policy", delta.Manifest.PolicyDigest);
            json.WriteNumber("tensors", delta.Manifest.Tensors.Length);
            json.WriteStartArray("missing");
            foreach (var name in result.Missing) json.WriteStringValue(name);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        writer.WriteLine(Encoding.UTF8.GetString(stream.ToArray()));
    }
}
