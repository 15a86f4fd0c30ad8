using ModelGuard.Diagnostics;
using Spectre.Console;

namespace ModelGuard.Cli.Terminal;

/// <summary>How much is said.</summary>
internal enum Verbosity
{
    Quiet,
    Minimal,
    Normal,
    Detailed,
}

/// <summary>Data goes to standard output, everything else to standard error.</summary>
internal sealed class Output
{
    private const int RedirectedWidth = 200;
    private readonly IAnsiConsole data;
    private readonly IAnsiConsole notes;
    private readonly TextWriter error;

    public Output(TextWriter standard, TextWriter error, Verbosity verbosity, bool json)
    {
        this.error = error;
        Standard = standard;
        Verbosity = verbosity;
        Json = json;
        data = Create(standard, Console.IsOutputRedirected);
        notes = Create(error, Console.IsErrorRedirected);
    }

    public TextWriter Standard { get; }

    public Verbosity Verbosity { get; }

    /// <summary>Machine output is wanted on standard output.</summary>
    public bool Json { get; }

    /// <summary>A table for people.</summary>
    public void Table(Table table) => data.Write(table);

    /// <summary>A line of the result, for people.</summary>
    public void Line(string text) => data.WriteLine(text);

    /// <summary>A line for people, from minimal verbosity on.</summary>
    public void Say(string text)
    {
        if (Verbosity < Verbosity.Minimal) return;
        // A file or a log wraps no lines; a sentence stays on one.
        if (Console.IsErrorRedirected) error.WriteLine(text);
        else notes.WriteLine(text);
    }

    /// <summary>A line about how something was done.</summary>
    public void Detail(string text)
    {
        if (Verbosity >= Verbosity.Detailed) notes.WriteLine(text);
    }

    /// <summary>A diagnostic on a line of its own, in MSBuild's canonical form, never wrapped.</summary>
    public void Report(Diagnostic diagnostic) => error.WriteLine(diagnostic.ToString());

    /// <summary>A line for a program that reads the log, as it is; also where people want nothing said.</summary>
    public void Raw(string line) => error.WriteLine(line);

    /// <summary>A bar on a terminal; nothing when redirected or quiet.</summary>
    public ProgressLine Progress(string what) => new(notes, what, !Console.IsErrorRedirected && Verbosity >= Verbosity.Minimal);

    private static IAnsiConsole Create(TextWriter writer, bool isRedirected)
    {
        // The convention says that an empty NO_COLOR means nothing.
        var plain = isRedirected || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        if (isRedirected) console.Profile.Width = RedirectedWidth;
        return console;
    }
}
