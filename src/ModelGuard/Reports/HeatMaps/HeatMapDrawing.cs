using System.Globalization;

namespace ModelGuard.Reports.HeatMaps;

/// <summary>Draws heat maps; PNG and SVG come from the same strokes.</summary>
public static class HeatMapDrawing
{
    private const double Cell = 40, RowHeight = 24, Gap = 48, Margin = 24, HeaderHeight = 64, PanelTitleHeight = 26, AxisHeight = 44, LegendHeight = 30;

    // The width of a letter in its size, on the safe side: both forms must have one layout, whatever font there is.
    private const double LetterWidth = 0.6;
    private static readonly Paint Grey = new(0x60, 0x60, 0x60);

    /// <summary>The map as a PNG file; without letters where this system has no font.</summary>
    public static byte[] ToPng(HeatMap map)
    {
        var layout = Layout.Of(map);
        using var sheet = new PngSheet(layout.Width, layout.Height);
        Draw(sheet, map, layout);
        return sheet.ToBytes();
    }

    /// <summary>The map as an SVG file.</summary>
    public static byte[] ToSvg(HeatMap map)
    {
        var layout = Layout.Of(map);
        var sheet = new SvgSheet(layout.Width, layout.Height, map.Title, map.Subtitle);
        Draw(sheet, map, layout);
        return sheet.ToBytes();
    }

    private static void Draw(ISheet sheet, HeatMap map, Layout layout)
    {
        sheet.Text(map.Title, new Lettering(Margin, 28, 18, Align.Start, IsBold: true));
        sheet.Text(map.Subtitle, new Lettering(Margin, 50, 12, Align.Start), Grey);
        var x = Margin;
        foreach (var panel in map.Panels)
        {
            DrawPanel(sheet, panel, x, layout);
            x += layout.PanelWidth(panel) + Gap;
        }

        if (map.Panels.Length > 0) DrawLegend(sheet, layout);
    }

    private static void DrawPanel(ISheet sheet, HeatPanel panel, double left, Layout layout)
    {
        const double Top = HeaderHeight + PanelTitleHeight;
        var cells = left + layout.LabelWidth;
        sheet.Text(panel.Title, new Lettering(cells, Top - 9, 13, Align.Start, IsBold: true));
        for (var r = 0; r < panel.Rows.Length; r++)
        {
            var y = Top + (r * RowHeight);
            sheet.Text(Label(panel.Rows[r]), new Lettering(cells - 8, y + 16, 12, Align.End, panel.Rows[r].IsSubject));
            for (var c = 0; c < panel.Columns.Length; c++)
            {
                var value = panel.Values[r][c];
                var color = Color(panel.Hue, value);
                sheet.Fill(cells + (c * Cell), y, Cell - 1, RowHeight - 1, color);
                if (!double.IsNaN(value)) sheet.Text(value.ToString("0.00", CultureInfo.InvariantCulture), new Lettering(cells + (c * Cell) + ((Cell - 1) / 2), y + 16, 10, Align.Middle), color.IsDark ? Paint.White : Paint.Black);
            }
        }

        var bottom = Top + (panel.Rows.Length * RowHeight);
        for (var c = 0; c < panel.Columns.Length; c++) sheet.Text(panel.Columns[c], new Lettering(cells + (c * Cell) + ((Cell - 1) / 2), bottom + 16, 11, Align.Middle));
        sheet.Text("layer", new Lettering(cells + (panel.Columns.Length * Cell / 2), bottom + 34, 11, Align.Middle), Grey);
    }

    private static void DrawLegend(ISheet sheet, Layout layout)
    {
        const int Steps = 60;
        double y = layout.Height - LegendHeight, width = 180.0 / Steps;
        sheet.Text("0", new Lettering(Margin, y + 11, 11, Align.Start));
        for (var i = 0; i < Steps; i++) sheet.Fill(Margin + 14 + (i * width), y, width + 0.5, 14, Color(HeatHue.Purple, (i + 0.5) / Steps));
        sheet.Text("1, the clean run", new Lettering(Margin + 200, y + 11, 11, Align.Start));
    }

    private static string Label(HeatRow row) => row.IsSubject ? row.Label + " *" : row.Label;

    /// <summary>White at 0, the full hue at 1; orange below 0, where restoring made it worse; grey where nothing was measured.</summary>
    private static Paint Color(HeatHue hue, double share)
    {
        if (double.IsNaN(share)) return new Paint(0xEE, 0xEE, 0xEE);
        var (light, full) = hue switch
        {
            HeatHue.Purple => (new Paint(0xFC, 0xFB, 0xFD), new Paint(0x3F, 0x00, 0x7D)),
            HeatHue.Green => (new Paint(0xF7, 0xFC, 0xF5), new Paint(0x00, 0x44, 0x1B)),
            HeatHue.Red => (new Paint(0xFF, 0xF5, 0xF0), new Paint(0x8B, 0x0A, 0x14)),
            _ => (new Paint(0xF7, 0xFB, 0xFF), new Paint(0x08, 0x30, 0x6B)),
        };
        return Paint.Mix(light, share < 0 ? new Paint(0xE6, 0x7E, 0x00) : full, Math.Clamp(Math.Abs(share), 0, 1));
    }

    private sealed record Layout(double LabelWidth, double Width, double Height)
    {
        public static Layout Of(HeatMap map)
        {
            var labels = map.Panels.SelectMany(p => p.Rows).Select(r => Label(r).Length * 12 * LetterWidth).DefaultIfEmpty(0).Max() + 12;
            var panels = map.Panels.Sum(p => labels + (p.Columns.Length * Cell)) + (Gap * Math.Max(0, map.Panels.Length - 1));
            var heading = Math.Max(map.Title.Length * 18 * LetterWidth, map.Subtitle.Length * 12 * LetterWidth);
            var rows = map.Panels.Select(p => p.Rows.Length).DefaultIfEmpty(0).Max();
            return new Layout(labels, Math.Ceiling(Math.Max(panels, heading) + (2 * Margin)), HeaderHeight + PanelTitleHeight + (rows * RowHeight) + AxisHeight + LegendHeight + 10);
        }

        public double PanelWidth(HeatPanel panel) => LabelWidth + (panel.Columns.Length * Cell);
    }
}
