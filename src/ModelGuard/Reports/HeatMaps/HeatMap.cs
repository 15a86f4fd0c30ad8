using System.Collections.Immutable;

namespace ModelGuard.Reports.HeatMaps;

/// <summary>A trace as a picture: token × layer, one panel for each kind of state, as Meng et al. (2022, figure 1) draw it.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Subtitle">Measure, prompts, conclusion.</param>
/// <param name="Panels">The panels.</param>
public sealed record HeatMap(string Title, string Subtitle, ImmutableArray<HeatPanel> Panels);

/// <summary>One panel.</summary>
/// <param name="Title">The kind of state.</param>
/// <param name="Hue">Its colour.</param>
/// <param name="Rows">Labels of the rows.</param>
/// <param name="Columns">Labels of the columns.</param>
/// <param name="Values">Shares, row by row; NaN where nothing was measured.</param>
public sealed record HeatPanel(string Title, HeatHue Hue, ImmutableArray<HeatRow> Rows, ImmutableArray<string> Columns, ImmutableArray<ImmutableArray<double>> Values);

/// <summary>A row's label.</summary>
/// <param name="Label">The text.</param>
/// <param name="IsSubject">Whether it belongs to the subject.</param>
public sealed record HeatRow(string Label, bool IsSubject);

/// <summary>The colours of Meng et al. (2022): purple for whole states, green for the MLP, red for attention; and blue for the rest.</summary>
public enum HeatHue
{
    /// <summary>Whole states.</summary>
    Purple,

    /// <summary>MLP and feed-forward.</summary>
    Green,

    /// <summary>Attention.</summary>
    Red,

    /// <summary>Resnets.</summary>
    Blue,
}
