using System.Globalization;

namespace ModelGuard.Benchmarks;

/// <summary>An edit as a user runs it: base on disk → published copy on the same disk, against copying the same bytes with <c>cp</c>.</summary>
internal static class EditBenchmark
{
    public static async Task<int> RunAsync(string model, string type, string form, bool isPlain, string serialization, int repeat, string work, CancellationToken cancellation)
    {
        Directory.CreateDirectory(work);
        var isFile = form == "file";
        var source = await Workplace.CheckpointAsync(work, model, type, isFile, cancellation);
        var (edited, copied) = (Path.Combine(work, "edited"), Path.Combine(work, "copied"));
        var policy = Workplace.Policy(work, source, edited, isFile ? await Workplace.CheckpointAsync(work, model, type, isFile: false, cancellation) : null, isPlain);
        string[] command = ["edit", policy, "--serialization", serialization];
        var (touched, more) = (Path.Combine(work, "touched"), Path.Combine(work, "touched-more"));
        List<MeasuredProcess> edits = [], firsts = [], copies = [], starts = [];
        // The digest of the base is known from its first edit on.
        await MeasuredProcess.RunAsync(Workplace.Tool, command, cancellation);
        for (var i = 0; i < repeat; i++)
        {
            Remove(edited);
            Remove(copied);
            copies.Add(await RunAtRestAsync("cp", ["-r", source, copied]));
            Remove(copied);
            edits.Add(await RunAtRestAsync(Workplace.Tool, command));
            Remove(edited);
            firsts.Add(await RunAtRestAsync(Workplace.Tool, command, ("MODELGUARD_DIGEST_CACHE", "off"), ("MODELGUARD_CACHE", "off")));
            starts.Add(await MeasuredProcess.RunAsync(Workplace.Tool, ["doctor"], cancellation));
        }

        var (edit, copy) = (Figures.Median(edits.Select(e => e.Seconds)), Figures.Median(copies.Select(c => c.Seconds)));
        Figures.Print(
            $"edit --model {model} --dtype {type} --form {form}{(isPlain ? " --plain" : "")}{(serialization == "files" ? "" : $" --serialization {serialization}")}",
            ("written", Figures.Megabytes(Size(edited))),
            ("`modelguard edit`, whole process", Figures.Seconds(edit)),
            ("`cp -r`", Figures.Seconds(copy)),
            ("the same, nothing kept: digest of the base, moment of the captions", Figures.Seconds(Figures.Median(firsts.Select(f => f.Seconds)))),
            ("1.3 × `cp` + 1 s", Figures.Seconds((1.3 * copy) + 1)),
            ("start-up alone (`modelguard doctor`)", Figures.Seconds(Figures.Median(starts.Select(s => s.Seconds)))),
            ("peak resident memory, of all runs", Figures.Megabytes(edits.Concat(firsts).Max(e => e.PeakBytes))),
            ("single runs, edit / cp", string.Join(", ", edits.Zip(copies, (e, c) => string.Create(CultureInfo.InvariantCulture, $"{e.Seconds:0.0}/{c.Seconds:0.0}")))));
        Console.WriteLine(edits[^1].Output);
        Remove(edited);
        return 0;

        // What an earlier run left to be written slows the next one down. And the host of a virtual machine backs memory when it is written to,
        // and takes it back some seconds later: without it, either side takes up to three times as long. Half as much again is
        // touched, because an edit needs memory of its own beside the pages of its copy, and cp needs none.
        async Task<MeasuredProcess> RunAtRestAsync(string file, IReadOnlyList<string> arguments, params (string Name, string Value)[] environment)
        {
            await MeasuredProcess.RunAsync("cp", ["-r", source, touched], cancellation);
            await MeasuredProcess.RunAsync("dd", ["if=/dev/zero", $"of={more}", "bs=1M", string.Create(CultureInfo.InvariantCulture, $"count={Size(touched) >> 21}")], cancellation);
            Remove(touched);
            Remove(more);
            await MeasuredProcess.RunAsync("sync", [], cancellation);
            return await MeasuredProcess.RunAsync(file, arguments, cancellation, environment);
        }
    }

    private static long Size(string path) => File.Exists(path) ? new FileInfo(path).Length : Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);

    private static void Remove(string path)
    {
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        else File.Delete(path);
    }
}
