using ModelGuard.Checkpoints;

namespace ModelGuard.Cli.Terminal;

/// <summary>Shows how far a copy is, in megabytes: a line counts in whole numbers.</summary>
internal sealed class CopyForwarder(ProgressLine line) : IProgress<CopyProgress>
{
    public void Report(CopyProgress value) => line.Report((int)(value.Done >> 20), (int)(value.Total >> 20));
}
