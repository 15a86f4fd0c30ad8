using Shapes.Training.Training;
using Spectre.Console;

namespace Shapes.Training;

/// <summary>A progress line on a terminal, a plain line every hundred steps otherwise; always on standard error.</summary>
internal sealed class TrainingDisplay : IProgress<TrainingProgress>, IDisposable
{
    private const int LineEvery = 100;
    private readonly IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly bool interactive = !Console.IsErrorRedirected;

    public void Report(TrainingProgress value)
    {
        var skipped = value.Skipped > 0 ? $", {value.Skipped} steps skipped (gradient not finite)" : "";
        var text = FormattableString.Invariant($"{value.Name} {value.Step}/{value.Steps}, loss {value.Loss:0.0000}{skipped}");
        if (interactive) console.Write($"\r{Bar(value)} {text}  ");
        else if (value.Step % LineEvery == 0 || value.Step == value.Steps) console.WriteLine(text);
        if (interactive && value.Step == value.Steps) console.WriteLine();
    }

    public void Dispose()
    {
        if (interactive) console.WriteLine();
    }

    private static string Bar(TrainingProgress value)
    {
        const int Width = 30;
        var done = (int)((long)value.Step * Width / Math.Max(1, value.Steps));
        return new string('━', done) + new string('─', Width - done);
    }
}
