using System.Globalization;
using System.Text.Json;

namespace ModelGuard.Benchmarks;

/// <summary>
/// The edit of one text encoder of the ViT-L/14 shape (123 million parameters, float32), from file to file: here as a whole process, in the
/// Python reference in a process that has imported everything, which is the easier race for it.
/// </summary>
internal static class ReferenceBenchmark
{
    public static async Task<int> RunAsync(int repeat, string python, string work, CancellationToken cancellation)
    {
        Directory.CreateDirectory(work);
        var folder = Workplace.TextEncoderAlone(work);
        var (edited, weights) = (Path.Combine(work, "edited"), Path.Combine(folder, "text_encoder", "model.safetensors"));
        var policy = Workplace.Policy(work, folder, edited, null, isPlain: true);
        List<MeasuredProcess> ours = [], theirs = [], copies = [];
        List<double> solved = [];
        for (var i = 0; i < repeat; i++)
        {
            if (Directory.Exists(edited)) Directory.Delete(edited, recursive: true);
            ours.Add(await MeasuredProcess.RunAsync(Workplace.Tool, ["edit", policy], cancellation));
            using (var report = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(edited, "modelguard-report.json"), cancellation)))
            {
                solved.Add(report.RootElement.GetProperty("run").GetProperty("editMs").GetDouble() / 1000);
            }

            copies.Add(await MeasuredProcess.RunAsync("cp", [weights, Path.Combine(work, "copied")], cancellation));
            if (await PythonReference.TryRunAsync(python, "reference_edit.py", [weights, Path.Combine(work, "reference.safetensors")], cancellation) is { } run) theirs.Add(run);
        }

        double[] reference = [.. theirs.Select(t => double.Parse(t.Output.Split('\n')[^1], CultureInfo.InvariantCulture))];
        var whole = Figures.Median(ours.Select(o => o.Seconds));
        Figures.Print(
            "reference: one text encoder, 123 M parameters, float32, 492 MB",
            ("here: whole process", Figures.Seconds(whole)),
            ("here: load, keys and solve", Figures.Seconds(Figures.Median(solved))),
            ("here: peak resident memory", Figures.Megabytes(ours.Max(o => o.PeakBytes))),
            ("`cp` of the file", Figures.Seconds(Figures.Median(copies.Select(c => c.Seconds)))),
            ("reference: load, edit, save, imports not counted", reference.Length > 0 ? Figures.Seconds(Figures.Median(reference)) : $"not measured: '{python}' has no torch, transformers and safetensors"),
            ("here ÷ reference", reference.Length > 0 ? Figures.Ratio(whole / Figures.Median(reference)) : "–"));
        return 0;
    }
}
