using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using ModelGuard.Caching;
using ModelGuard.Cli.Machine;
using ModelGuard.Diffusion.Backend;
using Spectre.Console;

namespace ModelGuard.Cli.Commands;

/// <summary><c>doctor</c>: what this machine can do, and what was done to make it so.</summary>
internal static class DoctorCommand
{
    public static Command Create(CommonOptions options, TimeProvider clock)
    {
        var fresh = new Option<bool>("--fresh") { Description = "Load and test LibTorch again, even if an earlier run did so on this machine and nothing has changed." };
        var command = new ToolCommand("doctor", "Says what this machine can do: native backend, arithmetic, devices, threads, instruction set, memory.", "modelguard doctor --json") { fresh };
        command.Runs(options, (parse, output, _) =>
        {
            var (backend, areKept) = new KeptBackendFacts(ContentCache.OfUser(clock)).Find(parse.GetValue(fresh));
            (string Name, string Value)[] facts = [.. backend.Facts, .. Machine()];
            if (output.Json)
            {
                WriteJson(output.Standard, facts, backend.Path, areKept);
            }
            else
            {
                var table = new Table { Border = TableBorder.None, ShowHeaders = false };
                table.AddColumns("", "");
                foreach (var (name, value) in facts) table.AddRow(new Text(name), new Text(value));
                output.Table(table);
                if (areKept) output.Say("An earlier run has loaded and tested LibTorch on this machine; 'modelguard doctor --fresh' does so again.");
                foreach (var line in backend.Cases) output.Detail(line);
            }

            return backend.Path == ConvolutionPath.None ? ExitCodes.CouldNotRun : ExitCodes.Success;
        });
        return command;
    }

    private static IEnumerable<(string Name, string Value)> Machine()
    {
        yield return ("Instruction set", ProcessorName.Instructions);
        yield return ("Memory", string.Create(CultureInfo.InvariantCulture, $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9:0.0} GB"));
        yield return ("System", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {RuntimeInformation.FrameworkDescription}");
    }

    private static void WriteJson(TextWriter writer, IEnumerable<(string Name, string Value)> facts, ConvolutionPath path, bool areKept)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            foreach (var group in facts.GroupBy(f => f.Name, StringComparer.Ordinal)) json.WriteString(Key(group.Key), string.Join(" ", group.Select(g => g.Value)));
            json.WriteString("convolutions", path.ToString());
            json.WriteBoolean("ofEarlierRun", areKept);
            json.WriteEndObject();
        }

        writer.WriteLine(Encoding.UTF8.GetString(stream.ToArray()));
    }

    // "Instruction set" → "instructionSet".
    private static string Key(string name) =>
        string.Concat(name.Split(' ', '-').Select((word, i) => (i == 0 ? char.ToLowerInvariant(word[0]) : char.ToUpperInvariant(word[0])) + word[1..]));
}
