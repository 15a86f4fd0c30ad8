using System.Globalization;
using ModelGuard.Reports.HeatMaps;
using Spectre.Console;

namespace ModelGuard.Cli.Terminal;

/// <summary>A heat map in the terminal: token × layer, a panel below the other, shares of clean − corrupted in hundredths.</summary>
internal static class HeatMapView
{
    private const int LongestLabel = 28;

    public static Table Create(HeatPanel panel)
    {
        var table = new Table { Border = TableBorder.None };
        table.AddColumn(new TableColumn(new Text(panel.Title, new Style(decoration: Decoration.Bold))).RightAligned());
        foreach (var column in panel.Columns) table.AddColumn(new TableColumn(new Text(column)).Centered().NoWrap());
        for (var r = 0; r < panel.Rows.Length; r++)
        {
            var row = r;
            table.AddRow([new Text(Label(panel.Rows[row])), .. panel.Columns.Select((_, c) => Cell(panel.Hue, panel.Values[row][c]))]);
        }

        return table;
    }

    private static Text Cell(HeatHue hue, double share)
    {
        if (double.IsNaN(share)) return new Text("  – ");
        var shade = (byte)Math.Round(255 * (1 - Math.Clamp(Math.Abs(share), 0, 1)));
        var background = share < 0 ? new Color(255, 165, shade) : hue switch
        {
            HeatHue.Green => new Color(shade, 160, shade),
            HeatHue.Red => new Color(200, shade, shade),
            HeatHue.Blue => new Color(shade, shade, 200),
            _ => new Color(150, shade, 200),
        };
        return new Text(string.Create(CultureInfo.InvariantCulture, $"{share * 100,4:0}"), new Style(Color.Black, background));
    }

    // Labels come from a vocabulary, which is a file of somebody else.
    private static string Label(HeatRow row)
    {
        var text = new string([.. row.Label.Select(c => char.IsControl(c) ? '·' : c)]);
        if (text.Length > LongestLabel) text = text[..(LongestLabel - 1)] + "…";
        return row.IsSubject ? text + " *" : text;
    }
}
