using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace ModelGuard.Checkpoints.Tests.Publication;

/// <summary>
/// This test executable, started again to publish generations of a checkpoint until it is killed. Each generation is a folder of several
/// files that all hold its number.
/// </summary>
internal sealed class PublishingProcess : IDisposable
{
    /// <summary>The generation that never gets further than half.</summary>
    public const int Unfinished = 0;

    private const string TargetVariable = "MODELGUARD_TEST_PUBLISH_TO";
    private const string FirstVariable = "MODELGUARD_TEST_FIRST_GENERATION";
    private const int FileLength = 64 * 1024;
    private static readonly string[] Names = ["model_index.json", "unet/config.json", "unet/weights", "vae/weights", "text_encoder/weights"];
    private readonly Process process;

    public PublishingProcess(string target, int firstGeneration)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, typeof(PublishingProcess).Assembly.GetName().Name! + (OperatingSystem.IsWindows() ? ".exe" : "")))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment[TargetVariable] = target;
        start.Environment[FirstVariable] = firstGeneration.ToString(CultureInfo.InvariantCulture);
        process = Process.Start(start)!;
    }

    public bool HasEnded => process.HasExited;

    /// <summary>Waits for the next line: <c>filling 7</c> when a generation is half written, <c>published 7</c> when it is in place.</summary>
    public string ReadLine() => process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The publishing process ended by itself.");

    /// <summary>SIGKILL; returns when the process is gone.</summary>
    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited) Kill();
        process.Dispose();
    }

    /// <summary>Writes a generation, telling when half of it is there.</summary>
    public static void Fill(string folder, int generation, Action? half = null)
    {
        for (var i = 0; i < Names.Length; i++)
        {
            var path = Path.Combine(folder, Names[i]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var content = new byte[FileLength];
            for (var at = 0; at < FileLength; at += sizeof(int)) BitConverter.TryWriteBytes(content.AsSpan(at), generation);
            File.WriteAllBytes(path, content);
            if (i == Names.Length / 2) half?.Invoke();
        }
    }

    /// <summary>The generation of a folder; fails unless all of it is there and nothing else.</summary>
    public static int Generation(string folder)
    {
        Assert.Equal(Names.Order(StringComparer.Ordinal), Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/')).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        var numbers = Names.SelectMany(name =>
        {
            var content = File.ReadAllBytes(Path.Combine(folder, name));
            Assert.Equal(FileLength, content.Length);
            return Enumerable.Range(0, FileLength / sizeof(int)).Select(i => BitConverter.ToInt32(content, i * sizeof(int)));
        }).Distinct();
        return Assert.Single(numbers);
    }

    /// <summary>The generation that a quick look shows; null when a file is missing.</summary>
    public static int? Peek(string folder)
    {
        try
        {
            using var index = File.OpenHandle(Path.Combine(folder, Names[0]), share: FileShare.ReadWrite | FileShare.Delete);
            var number = new byte[sizeof(int)];
            return RandomAccess.Read(index, number, 0) == number.Length && Names.All(name => File.Exists(Path.Combine(folder, name))) ? BitConverter.ToInt32(number) : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    // Before the test runner, which takes far longer to start than a generation takes to write.
    [ModuleInitializer]
    internal static void PublishIfAsked()
    {
        if (Environment.GetEnvironmentVariable(TargetVariable) is not { Length: > 0 } target) return;
        // The tests may be killed as well; their end closes our input.
        new Thread(ExitWithInput) { IsBackground = true }.Start();
        for (var generation = int.Parse(Environment.GetEnvironmentVariable(FirstVariable)!, CultureInfo.InvariantCulture); ; generation++)
        {
            CheckpointPublisher.Publish(target, partial => Fill(partial, generation, () => HalfWay(generation)));
            Say($"published {generation}");
        }
    }

    private static void HalfWay(int generation)
    {
        Say($"filling {generation}");
        if (generation == Unfinished) Thread.Sleep(Timeout.Infinite);
    }

    private static void ExitWithInput()
    {
        Console.In.ReadToEnd();
        Environment.Exit(1);
    }

    private static void Say(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));
}
