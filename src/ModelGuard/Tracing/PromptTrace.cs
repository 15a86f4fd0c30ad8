using System.Collections.Immutable;

namespace ModelGuard.Tracing;

/// <summary>A site and a row, and what came of restoring it.</summary>
/// <param name="Site">The site.</param>
/// <param name="Row">Number of the row in <see cref="PromptTrace.Rows"/>.</param>
/// <param name="Restored">The measure for each draw.</param>
public sealed record TraceCell(TraceSite Site, int Row, ImmutableArray<double> Restored);

/// <summary>The trace of one prompt, in one measure. All values are kept; an effect is a difference of means over the draws.</summary>
public sealed record PromptTrace
{
    /// <summary>The prompt.</summary>
    public required string Prompt { get; init; }

    /// <summary>The subject.</summary>
    public required string Subject { get; init; }

    /// <summary>Tokens, or one row for all positions in a UNet.</summary>
    public required ImmutableArray<TokenRow> Rows { get; init; }

    /// <summary>The clean run's measure, for each draw.</summary>
    public required ImmutableArray<double> High { get; init; }

    /// <summary>The corrupted run's measure, for each draw.</summary>
    public required ImmutableArray<double> Low { get; init; }

    /// <summary>All sites and rows.</summary>
    public required ImmutableArray<TraceCell> Cells { get; init; }

    /// <summary>Standard deviation of the noise; null where there was none.</summary>
    public double? Noise { get; init; }

    /// <summary>Share of clean pictures that show the subject; null where no pictures were judged.</summary>
    public double? CleanRecognition { get; init; }

    /// <summary>Share of corrupted pictures that show the subject.</summary>
    public double? CorruptedRecognition { get; init; }

    /// <summary>Why the prompt does not count; null when it does.</summary>
    public string? ScreenedOut { get; init; }

    /// <summary>Effect of a cell, restored − corrupted, averaged over the draws.</summary>
    public double Effect(TraceCell cell) => cell.Restored.Average() - Low.Average();

    /// <summary>The same as a share of clean − corrupted.</summary>
    public double Share(TraceCell cell) => Effect(cell) / (High.Average() - Low.Average());
}
