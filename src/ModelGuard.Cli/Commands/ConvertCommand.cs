using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ModelGuard.Checkpoints;
using ModelGuard.Checkpoints.Conversion;
using ModelGuard.Cli.Terminal;

namespace ModelGuard.Cli.Commands;

/// <summary><c>convert</c>: diffusers folder ↔ single file, without LibTorch.</summary>
internal static class ConvertCommand
{
    private const string Extension = ".safetensors";

    public static Command Create(CommonOptions options)
    {
        var source = new Argument<string>("SOURCE") { Description = "A diffusers folder, or a single-file checkpoint." };
        var target = new Option<string>("--output", "-o") { Description = "Where it goes: a name that ends in .safetensors makes a single file, any other a diffusers folder.", Required = true };
        var like = new Option<string?>("--like") { Description = "A single file that gives the new one its order, its metadata and the tensors that no network uses." };
        var force = new Option<bool>("--force") { Description = "Replace the output if it is there already." };
        var command = new ToolCommand("convert", "Turns a diffusers folder into a single file, or back, without a change of bits.", "modelguard convert models/base --output base.safetensors", "modelguard convert base.safetensors --output models/again --components models/base") { source, target, like, options.Components, options.Variant, force };
        command.Runs(options, (parse, output, cancellation) =>
        {
            var (from, to, template) = (parse.GetRequiredValue(source), Path.TrimEndingDirectorySeparator(Path.GetFullPath(parse.GetRequiredValue(target))), parse.GetValue(like));
            Paths.RequireApart(from, to);
            foreach (var other in new[] { template, parse.GetValue(options.Components) }.OfType<string>()) Paths.RequireApart(other, to);
            if (!parse.GetValue(force) && (File.Exists(to) || (Directory.Exists(to) && Directory.EnumerateFileSystemEntries(to).Any()))) throw new CheckpointException("MG0260", $"'{to}' is there already. Name another output, or add --force to replace it.", to);
            var checkpoint = Checkpoint.Open(from, options.CreateCheckpointOptions(parse));
            var result = Convert(checkpoint, to, template, output, cancellation);
            foreach (var note in result.Notes) output.Say(note);
            if (output.Json) WriteJson(output.Standard, checkpoint.Path, to, result);
            else output.Say(string.Create(CultureInfo.InvariantCulture, $"Wrote {result.Tensors} tensor(s) of {result.Family.Name}, {result.Bytes / 1e6:0.0} MB, to '{to}'."));
            return ExitCodes.Success;
        });
        return command;
    }

    private static ConversionResult Convert(Checkpoint checkpoint, string target, string? like, Output output, CancellationToken cancellation)
    {
        using var line = output.Progress("Converting");
        var progress = new Forwarder(line);
        var isFile = target.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);
        switch (checkpoint)
        {
            case DiffusersFolder when isFile:
                return CheckpointConverter.ToSingleFile(checkpoint, target, like, progress, cancellation);
            case SingleFileCheckpoint when like is not null:
                throw new CheckpointException("MG0277", $"--like gives a single file its order, but '{checkpoint.Path}' is one already and becomes a folder. Leave --like out.", checkpoint.Path);
            case SingleFileCheckpoint file when !isFile:
                return CheckpointConverter.ToFolder(file, target, progress, cancellation);
            case SingleFileCheckpoint:
                throw new CheckpointException("MG0277", $"'{checkpoint.Path}' is a single file already. Name an output that does not end in {Extension} to make a folder of it.", checkpoint.Path);
            default:
                throw new CheckpointException("MG0277", $"'{checkpoint.Path}' is a diffusers folder already. Name an output that ends in {Extension} to make a single file of it.", checkpoint.Path);
        }
    }

    private static void WriteJson(TextWriter writer, string source, string target, ConversionResult result)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("source", source);
            json.WriteString("output", target);
            json.WriteString("form", target.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) ? "single-file" : "diffusers-folder");
            json.WriteString("pipeline", result.Family.PipelineClass);
            json.WriteNumber("tensors", result.Tensors);
            json.WriteNumber("bytes", result.Bytes);
            json.WriteStartArray("files");
            foreach (var file in result.Files) json.WriteStringValue(file);
            json.WriteEndArray();
            json.WriteStartArray("notes");
            foreach (var note in result.Notes) json.WriteStringValue(note);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        writer.WriteLine(Encoding.UTF8.GetString(stream.ToArray()));
    }

    // In megabytes: the line counts in whole numbers.
    private sealed class Forwarder(ProgressLine line) : IProgress<ConversionProgress>
    {
        public void Report(ConversionProgress value) => line.Report((int)(value.Done >> 20), (int)(value.Total >> 20), "MB");
    }
}
