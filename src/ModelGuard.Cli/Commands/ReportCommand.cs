using System.CommandLine;
using System.Text;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Rendering;
using ModelGuard.Rendering.Markdown;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Cli.Commands;

/// <summary><c>report</c>: renders a report for people or for other tools, without LibTorch.</summary>
internal static class ReportCommand
{
    private const int LongestTrace = 64 << 20;

    public static Command Create(CommonOptions options, TimeProvider clock)
    {
        var report = new Argument<string>("REPORT") { Description = "The report, for example modelguard-report.json." };
        var format = new Option<string>("--format", "-f") { Description = $"{string.Join(", ", ReportFormats.Names)}.", Required = true };
        format.AcceptOnlyFromAmong([.. ReportFormats.Names]);
        var target = new Option<string?>("--output", "-o") { Description = "Where it goes; standard output when left out." };
        var limit = new Option<string>("--limit") { Description = "markdown: leave sections out from the end that are too long for a comment or for the summary of a job on GitHub: comment, summary or none.", DefaultValueFactory = _ => "none" };
        limit.AcceptOnlyFromAmong("comment", "summary", "none");
        var policy = new Option<string?>("--policy-path") { Description = "sarif: the policy's path from the root of its repository; its name when left out." };
        var pictures = new Option<string?>("--pictures") { Description = "html: the folder of pictures that the audit wrote." };
        var trace = new Option<string?>("--trace") { Description = "html: a modelguard-trace.json to show as heat maps." };
        var command = new ToolCommand("report", "Renders a report.", "modelguard report modelguard-report.json --format html --output report.html", "modelguard report audit.json --format sarif --policy-path policies/shapes.yaml --output modelguard.sarif") { report, format, target, limit, policy, pictures, trace };
        command.Runs(options, (parse, output, _) =>
        {
            var input = ReportInput.Read(parse.GetRequiredValue(report), DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime)) with
            {
                Limit = parse.GetRequiredValue(limit) switch { "comment" => MarkdownLimit.Comment, "summary" => MarkdownLimit.JobSummary, _ => MarkdownLimit.None },
                PolicyPath = parse.GetValue(policy)?.Replace('\\', '/'),
                Pictures = parse.GetValue(pictures),
                Trace = parse.GetValue(trace) is { } path ? TraceView.Read(ReportInput.ReadFile(path, LongestTrace), path) : null,
            };
            var bytes = ReportFormats.Render(parse.GetRequiredValue(format), input);
            if (parse.GetValue(target) is { } file) AtomicFile.Write(file, bytes);
            else output.Standard.Write(Encoding.UTF8.GetString(bytes));
            return ExitCodes.Success;
        });
        return command;
    }
}
