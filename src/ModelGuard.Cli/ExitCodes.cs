namespace ModelGuard.Cli;

/// <summary>Exit codes of the contract; errors outrank findings.</summary>
internal static class ExitCodes
{
    public const int Success = 0;
    public const int GateFailed = 1;
    public const int CouldNotRun = 2;
    public const int EvidenceDoesNotHold = 3;
    public const int PolicyInvalid = 4;
    public const int Usage = 64;
    public const int Cancelled = 130;
    public const int Terminated = 143;
}
