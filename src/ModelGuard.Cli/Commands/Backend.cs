using System.CommandLine;
using ModelGuard.Cli.Evidence;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Reports;
using TorchSharp;

namespace ModelGuard.Cli.Commands;

/// <summary>Readies LibTorch for a command.</summary>
internal static class Backend
{
    // Without doctor, which may know LibTorch from an earlier run.
    private static readonly string[] Computing = ["trace", "audit", "verify", "generate", "score"];

    // With these somebody has LibTorch and MKL use other kernels than the processor's best.
    private static readonly string[] KernelVariables = ["ATEN_CPU_CAPABILITY", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS"];

    /// <summary>Loads LibTorch for the commands that compute, while the command line is read; what fails is kept for <see cref="Prepare(int?)"/>.</summary>
    public static void BeginLoading(string[] args)
    {
        if (args.Length > 0 && Computing.Contains(args[0], StringComparer.Ordinal) && (args[0] != "verify" || VerifyPartsReading.Computes(args))) ThreadPool.QueueUserWorkItem(_ => TryLoad());
    }

    /// <summary>Loads LibTorch and sets the number of threads.</summary>
    public static void Prepare(ParseResult parse, CommonOptions options) => Prepare(parse.GetValue(options.Threads));

    /// <summary>Waits until LibTorch is loaded and sets the number of threads.</summary>
    /// <param name="threads">Their number; null for LibTorch's own choice.</param>
    /// <exception cref="BackendException">MG0001 or MG0002 when it does not load.</exception>
    public static void Prepare(int? threads)
    {
        NativeBackend.EnsureLoaded();
        if (threads is { } count) torch.set_num_threads(Math.Clamp(count, 1, 1024));
    }

    /// <summary>Computes with another number of threads until the result is disposed; with the present one where this is null or more than there are processors.</summary>
    public static IDisposable UseThreads(int? count)
    {
        var before = torch.get_num_threads();
        if (count is { } threads && threads > 0 && threads <= Environment.ProcessorCount) torch.set_num_threads(threads);
        return new Threads(before);
    }

    /// <summary>What the numbers of an edit depend on; it is solved in float64 on the CPU, whatever an audit runs on, and computes no convolution.</summary>
    public static ComputeEnvironment DescribeEdit() => new(NativeBackend.LibTorchVersion, "cpu", torch.get_num_threads(), null, Processor: string.Join("; ", [ProcessorName.Value, ProcessorName.Instructions, .. KernelVariables.Where(v => Environment.GetEnvironmentVariable(v) is not null).Select(v => $"{v}={Environment.GetEnvironmentVariable(v)}")]));

    /// <summary>What the numbers depend on; <paramref name="dtype"/> is null where no pictures were made.</summary>
    public static ComputeEnvironment Describe(string device, string? dtype = null)
    {
        var arithmetic = dtype == ComputeType.Name(torch.ScalarType.BFloat16) ? NativeBackend.BFloat16Arithmetic : NativeBackend.Arithmetic;
        return new ComputeEnvironment(NativeBackend.LibTorchVersion, device, torch.get_num_threads(), arithmetic.Path.ToString().ToLowerInvariant(), dtype);
    }

    private static void TryLoad()
    {
        try
        {
            NativeBackend.EnsureLoaded();
        }
        catch (BackendException)
        {
            // Thrown again, with its message, where the backend is first needed.
        }
    }

    private sealed class Threads(int before) : IDisposable
    {
        public void Dispose() => torch.set_num_threads(before);
    }
}
