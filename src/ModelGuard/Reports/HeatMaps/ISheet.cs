namespace ModelGuard.Reports.HeatMaps;

/// <summary>What heat maps are drawn on.</summary>
internal interface ISheet
{
    /// <summary>A filled rectangle.</summary>
    void Fill(double x, double y, double width, double height, Paint paint);

    /// <summary>A line of text, black unless told.</summary>
    void Text(string text, Lettering lettering, Paint? paint = null);
}

/// <summary>Where a text is aligned.</summary>
internal enum Align
{
    Start,
    Middle,
    End,
}

/// <summary>How a text is set.</summary>
/// <param name="X">Where it is aligned.</param>
/// <param name="Y">Its base line.</param>
/// <param name="Size">The font's size in pixels.</param>
/// <param name="Align">How.</param>
/// <param name="IsBold">Whether it is bold.</param>
internal sealed record Lettering(double X, double Y, double Size, Align Align, bool IsBold = false);

/// <summary>A colour.</summary>
internal sealed record Paint(byte Red, byte Green, byte Blue)
{
    public static Paint Black => new(0, 0, 0);

    public static Paint White => new(255, 255, 255);

    /// <summary>Whether white letters are read better on it (relative luminance of ITU-R BT.709).</summary>
    public bool IsDark => ((0.2126 * Red) + (0.7152 * Green) + (0.0722 * Blue)) / 255 < 0.55;

    public static Paint Mix(Paint a, Paint b, double share)
    {
        byte Channel(byte from, byte to) => (byte)Math.Round(from + ((to - from) * share));
        return new Paint(Channel(a.Red, b.Red), Channel(a.Green, b.Green), Channel(a.Blue, b.Blue));
    }
}
