using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ModelGuard.Cli.Commands;
using ModelGuard.Cli.Rendering;
using ModelGuard.Cli.Terminal;
using ModelGuard.Diagnostics;
using ModelGuard.GitHub;
using ModelGuard.GitHub.Actions;
using ModelGuard.GitHub.Publishing;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Cli.GitHub;

/// <summary>A report → comment, check run, job summary, annotations, outputs of the step.</summary>
internal sealed class CommentWorkflow(ActionsEnvironment environment, string? token, Output output, TimeProvider clock)
{
    // GitHub takes 10 of a level from a step, and drops the rest without a word.
    private const int AnnotationsInStep = 10;
    private const int LargestSummary = 1 << 20;

    /// <summary>What is written for the runner.</summary>
    public CommentShows Shows { get; init; } = new(Summary: true, Annotations: true);

    /// <summary>Publishes a report and says what came of it.</summary>
    public PublishResult Run(string reportPath, string? policy, PublishRequest request, CancellationToken cancellation)
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var report = ReportInput.Read(reportPath, today).View;
        var texts = new ReportTexts(report, today, environment.RunPage);
        var annotations = GateAnnotations.Create(report, PolicyPlaces.Create(policy, environment.Workspace, Directory.GetCurrentDirectory()));
        if (Shows.Annotations && environment.IsActions) WriteAnnotations(annotations);
        if (Shows.Summary && environment.SummaryPath is { } summary) Append(summary, texts.JobSummary());

        var result = Publish(report, texts, annotations, request, cancellation);
        foreach (var warning in result.Warnings) output.Report(new Diagnostic(warning.Code, DiagnosticSeverity.Warning, null, warning.Message));
        if (environment.OutputPath is { } outputs) Append(outputs, StepOutputs.Of("verdict", CommentJson.Verdict(report)) + StepOutputs.Of("comment-id", result.Comment?.Id.ToString(CultureInfo.InvariantCulture) ?? ""));
        if (output.Json) output.Standard.WriteLine(JsonSerializer.Serialize(CommentResult.Of(report, result), CommentJson.Default.CommentResult));
        else Say(result);
        return result;
    }

    private PublishResult Publish(ReportView report, ReportTexts texts, ImmutableArray<Annotation> annotations, PublishRequest request, CancellationToken cancellation)
    {
        try
        {
            var trigger = environment is { EventPath: { } path, EventName: { } name } ? WorkflowEvent.Read(name, File.ReadAllBytes(path)) : WorkflowEvent.None;
            return new ReportPublisher(report, texts, annotations, request, environment, trigger).PublishAsync(token, clock, cancellation).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is GitHubException or IOException or UnauthorizedAccessException)
        {
            return new PublishResult(null, null, [e as GitHubException ?? new GitHubException("MG3002", $"The file of GITHUB_EVENT_PATH cannot be read: {e.Message} Leave the variable as GitHub Actions sets it.", e)]);
        }
    }

    private void WriteAnnotations(ImmutableArray<Annotation> annotations)
    {
        foreach (var annotation in GateAnnotations.Cap(annotations, AnnotationsInStep)) output.Raw(WorkflowCommand.Of(annotation));
    }

    // The runner made these files, and other commands of the step append to them too.
    private void Append(string path, string text)
    {
        try
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
            if (path == environment.SummaryPath && file.Position + bytes.Length > LargestSummary) throw new IOException("it would become larger than GitHub takes (1 MiB a step)");
            file.Write(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            output.Report(new Diagnostic("MG3012", DiagnosticSeverity.Warning, null, $"'{path}', which GitHub Actions names for this step, cannot be appended to: {e.Message.TrimEnd('.')}. Leave GITHUB_STEP_SUMMARY and GITHUB_OUTPUT as they are set, and write one summary in a step."));
        }
    }

    private void Say(PublishResult result)
    {
        if (result.Comment is { } comment) output.Say(string.Create(CultureInfo.InvariantCulture, $"Comment {comment.Id} {comment.Change.ToString().ToLowerInvariant()}{(comment.Deleted.IsEmpty ? "" : $", {comment.Deleted.Length} double(s) deleted")}{(comment.Page is { } page ? $": {page}" : "")}"));
        if (result.CheckRun is { } check) output.Say(string.Create(CultureInfo.InvariantCulture, $"Check run {check} written."));
    }
}
