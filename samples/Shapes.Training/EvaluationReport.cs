using System.Globalization;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using Shapes.Training.Evaluation;
using Shapes.Training.World;
using Spectre.Console;

namespace Shapes.Training;

/// <summary>Says how well the sample checkpoint shows every class, and draws its pictures.</summary>
internal static class EvaluationReport
{
    /// <summary>The settings that the sample's figures are measured with.</summary>
    public static GenerationSettings Settings { get; } = new() { Scheduler = "ddim", Steps = 12, GuidanceScale = 7 };

    /// <summary>Prints a table; with <paramref name="sheet"/> also writes the pictures, a row for each class.</summary>
    public static void Write(string output, int seeds, string? sheet, CancellationToken cancellation)
    {
        using var pipeline = StableDiffusionPipeline.Load(Path.Combine(output, "model"));
        using var scorer = ClipScorer.Load(Path.Combine(output, "scorer"));
        var classes = new List<RecognisedClass>();
        foreach (var recognised in new ClassRecognition(pipeline, scorer, Settings).Run(EvaluationPrompts.All, seeds, cancellation))
        {
            classes.Add(recognised);
            var taken = recognised.Answers.Where(a => a != recognised.Class.Name).GroupBy(a => a, StringComparer.Ordinal).Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Count()} × {g.Key}"));
            AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{recognised.Class.Attribute,-8} {recognised.Class.Name,-26} {recognised.Hits,3}/{recognised.Answers.Length}  {string.Join(", ", taken)}"));
        }

        foreach (var attribute in classes.GroupBy(c => c.Class.Attribute, StringComparer.Ordinal))
        {
            double hits = attribute.Sum(c => c.Hits), all = attribute.Sum(c => c.Answers.Length);
            AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{attribute.Key,-8} {hits / all:P1} of {all} pictures"));
        }

        if (sheet is not null) ContactSheet.Write(sheet, [.. classes.Select(c => c.Pictures.Select(p => p.Pixels.ToArray()).ToArray())], zoom: 1);
    }
}
