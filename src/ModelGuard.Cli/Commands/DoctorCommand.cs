using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using ModelGuard.Diffusion.Backend;
using Spectre.Console;
using TorchSharp;

namespace ModelGuard.Cli.Commands;

/// <summary><c>doctor</c>: what this machine can do, and what was done to make it so.</summary>
internal static class DoctorCommand
{
    public static Command Create(CommonOptions options)
    {
        var command = new Command("doctor", "Says what this machine can do: native backend, arithmetic, devices, threads, instruction set, memory. Example: modelguard doctor --json");
        command.Runs(options, (_, output, _) =>
        {
            var libraries = NativeBackend.EnsureLoaded();
            var arithmetic = NativeBackend.Arithmetic;
            var facts = Facts(libraries, arithmetic).ToArray();
            if (output.Json)
            {
                WriteJson(output.Standard, facts, arithmetic);
            }
            else
            {
                var table = new Table { Border = TableBorder.None, ShowHeaders = false };
                table.AddColumns("", "");
                foreach (var (name, value) in facts) table.AddRow(new Text(name), new Text(value));
                output.Table(table);
                foreach (var c in arithmetic.Cases) output.Detail(string.Create(CultureInfo.InvariantCulture, $"{c.Path}: {c.Case}: relative error {c.RelativeError:0.0e+0}"));
            }

            return arithmetic.Path == ConvolutionPath.None ? ExitCodes.CouldNotRun : ExitCodes.Success;
        });
        return command;
    }

    private static IEnumerable<(string Name, string Value)> Facts(NativeLibraries libraries, ArithmeticReport arithmetic)
    {
        yield return ("LibTorch", NativeBackend.LibTorchVersion);
        foreach (var step in libraries.Steps) yield return ("Loading", step);
        yield return ("Arithmetic", arithmetic.Path switch
        {
            ConvolutionPath.Direct => "LibTorch's convolutions are right on this processor and are used as they are.",
            ConvolutionPath.Padded => "LibTorch computes some convolutions wrong on this processor; channels are padded to multiples of 16, which is right.",
            ConvolutionPath.WithoutOneDnn => "LibTorch computes convolutions wrong on this processor with oneDNN; it is switched off, which is right and slower.",
            _ => "Every way of computing convolutions gives wrong numbers here; generation and audits are refused.",
        });
        yield return ("Self-test", arithmetic.Summary);
        yield return ("bfloat16", ComputeType.HasBFloat16
            ? NativeBackend.BFloat16Arithmetic.Path switch
            {
                ConvolutionPath.None => $"Every way of computing convolutions in it gives wrong numbers here; it is refused ({NativeBackend.BFloat16Arithmetic.Summary}).",
                var path => $"This processor has instructions for it: '--dtype bfloat16' can be used (convolutions: {path}).",
            }
            : "This processor has no instructions for it; pictures are made in float32.");
        yield return ("Devices", string.Join(", ", Devices()));
        yield return ("Threads", torch.get_num_threads().ToString(CultureInfo.InvariantCulture));
        yield return ("Instruction set", ProcessorName.Instructions);
        yield return ("Memory", string.Create(CultureInfo.InvariantCulture, $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9:0.0} GB"));
        yield return ("System", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {RuntimeInformation.FrameworkDescription}");
    }

    private static IEnumerable<string> Devices()
    {
        yield return "cpu";
        if (!torch.cuda.is_available()) yield break;
        for (var i = 0; i < torch.cuda.device_count(); i++) yield return string.Create(CultureInfo.InvariantCulture, $"cuda:{i}");
    }

    private static void WriteJson(TextWriter writer, IEnumerable<(string Name, string Value)> facts, ArithmeticReport arithmetic)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            foreach (var group in facts.GroupBy(f => f.Name, StringComparer.Ordinal)) json.WriteString(Key(group.Key), string.Join(" ", group.Select(g => g.Value)));
            json.WriteString("convolutions", arithmetic.Path.ToString());
            json.WriteEndObject();
        }

        writer.WriteLine(Encoding.UTF8.GetString(stream.ToArray()));
    }

    // "Instruction set" → "instructionSet".
    private static string Key(string name) =>
        string.Concat(name.Split(' ', '-').Select((word, i) => (i == 0 ? char.ToLowerInvariant(word[0]) : char.ToUpperInvariant(word[0])) + word[1..]));
}
