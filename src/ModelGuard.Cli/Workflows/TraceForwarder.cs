using ModelGuard.Cli.Terminal;
using ModelGuard.Tracing;

namespace ModelGuard.Cli.Workflows;

/// <summary>Draws how far a trace is.</summary>
internal sealed class TraceForwarder(ProgressLine line) : IProgress<TraceProgress>
{
    public void Report(TraceProgress value) => line.Report(value.Done, value.Total, value.Subject);
}
