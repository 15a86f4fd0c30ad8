namespace ModelGuard.Benchmarks.Bench;

/// <summary>What somebody wants of <c>bench</c>.</summary>
/// <param name="Tool">The executable of the tool whose starts are measured.</param>
/// <param name="Python">The Python of the reference.</param>
/// <param name="Work">A folder for made-up checkpoints.</param>
/// <param name="Only">The commands that are run; those of a whole run when empty.</param>
internal sealed record BenchChoices(string Tool, string Python, string Work, IReadOnlyCollection<string> Only)
{
    /// <summary>Whether each is run once and on small models, so that its figures say nothing.</summary>
    public bool IsQuick { get; init; }

    /// <summary>Whether a whole run has the audit in it, too.</summary>
    public bool IsAll { get; init; }
}
