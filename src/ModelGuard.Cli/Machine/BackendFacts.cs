using System.Collections.Immutable;
using System.Globalization;
using ModelGuard.Diffusion.Backend;
using TorchSharp;

namespace ModelGuard.Cli.Machine;

/// <summary>What LibTorch is and does on this machine, as sentences.</summary>
/// <param name="Path">How convolutions are computed.</param>
/// <param name="Facts">Names and values; one name may stand several times.</param>
/// <param name="Cases">The cases of the self-test.</param>
internal sealed record BackendFacts(ConvolutionPath Path, ImmutableArray<(string Name, string Value)> Facts, ImmutableArray<string> Cases)
{
    // No name has this character.
    private const string CaseMark = "*", PathMark = "=";

    /// <summary>Loads LibTorch and tests it.</summary>
    /// <exception cref="BackendException">MG0001, MG0002 when it does not load.</exception>
    public static BackendFacts Measure()
    {
        var libraries = NativeBackend.EnsureLoaded();
        var arithmetic = NativeBackend.Arithmetic;
        return new BackendFacts(
            arithmetic.Path,
            [.. Describe(libraries, arithmetic)],
            [.. arithmetic.Cases.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Path}: {c.Case}: relative error {c.RelativeError:0.0e+0}"))]);
    }

    /// <summary>One line for each: a mark or the name, a tab, the value.</summary>
    public string Write() =>
        string.Join('\n', [$"{PathMark}\t{Path}", .. Facts.Select(f => $"{f.Name}\t{f.Value}"), .. Cases.Select(c => $"{CaseMark}\t{c}")]);

    /// <summary>The opposite of <see cref="Write"/>; null for a text that it did not write.</summary>
    public static BackendFacts? Read(string text)
    {
        var lines = text.Split('\n').Select(l => l.Split('\t', 2)).ToArray();
        if (lines.Any(l => l.Length < 2) || lines[0][0] != PathMark || !Enum.TryParse<ConvolutionPath>(lines[0][1], out var path)) return null;
        return new BackendFacts(
            path,
            [.. lines.Skip(1).Where(l => l[0] != CaseMark).Select(l => (l[0], l[1]))],
            [.. lines.Where(l => l[0] == CaseMark).Select(l => l[1])]);
    }

    private static IEnumerable<(string Name, string Value)> Describe(NativeLibraries libraries, ArithmeticReport arithmetic)
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
    }

    private static IEnumerable<string> Devices()
    {
        yield return "cpu";
        if (!torch.cuda.is_available()) yield break;
        for (var i = 0; i < torch.cuda.device_count(); i++) yield return string.Create(CultureInfo.InvariantCulture, $"cuda:{i}");
    }
}
