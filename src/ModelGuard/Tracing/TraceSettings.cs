using System.Collections.Immutable;

namespace ModelGuard.Tracing;

/// <summary>How a trace is made.</summary>
public sealed record TraceSettings
{
    /// <summary>How the subject is corrupted.</summary>
    public Corruption Corruption { get; init; }

    /// <summary>The noise's standard deviation, in standard deviations of the subject's token embeddings (3 in Meng et al., 2022).</summary>
    public double NoiseFactor { get; init; } = 3;

    /// <summary>Number of noise draws, each with a picture seed of its own: draw i has the seeds <see cref="Seed"/> + i.</summary>
    public int Draws { get; init; } = 10;

    /// <summary>Seed of the first draw.</summary>
    public long Seed { get; init; }

    /// <summary>How many prompts are traced; those that are screened out are replaced by the next ones.</summary>
    public int Prompts { get; init; } = 3;

    /// <summary>How many layers in a row are restored together.</summary>
    public int Window { get; init; } = 1;

    /// <summary>The kinds of text encoder states that are restored.</summary>
    public ImmutableArray<SiteKind> Kinds { get; init; } = [SiteKind.Block, SiteKind.SelfAttention, SiteKind.Mlp];

    /// <summary>Whether only all positions together are restored, and no single ones: enough to choose a layer.</summary>
    public bool IsWhole { get; init; }

    /// <summary>The least share of clean − corrupted that a site must bring back before knowledge is said to be there.</summary>
    public double MinimumShare { get; init; } = 0.1;

    /// <summary>A prompt's pictures must show the subject at least this often before noise.</summary>
    public double MinimumClean { get; init; } = 0.8;

    /// <summary>And less often than this under noise.</summary>
    public double MaximumCorrupted { get; init; } = 0.2;
}

/// <summary>How a subject is corrupted.</summary>
public enum Corruption
{
    /// <summary>Gaussian noise on its token embeddings (Meng et al., 2022, section 2.1).</summary>
    Noise,

    /// <summary>
    /// The token embeddings of something else of the same kind (<see cref="TraceSubject.Contrast"/>), position by position. The network stays
    /// among states that it knows, which noise may leave (Zhang and Nanda, 2024, section 3).
    /// </summary>
    Replacement,
}
