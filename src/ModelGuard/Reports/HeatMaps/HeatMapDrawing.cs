using System.Globalization;
using SkiaSharp;

namespace ModelGuard.Reports.HeatMaps;

/// <summary>Draws heat maps; PNG and SVG come from the same strokes.</summary>
public static class HeatMapDrawing
{
    private const float Cell = 40, RowHeight = 24, Gap = 48, Margin = 24, HeaderHeight = 64, PanelTitleHeight = 26, AxisHeight = 44, LegendHeight = 30;

    /// <summary>The map as a PNG file.</summary>
    public static byte[] ToPng(HeatMap map)
    {
        const int Scale = 2;
        var layout = Layout.Of(map);
        using var surface = SKSurface.Create(new SKImageInfo((int)(layout.Width * Scale), (int)(layout.Height * Scale), SKColorType.Rgba8888, SKAlphaType.Opaque));
        surface.Canvas.Scale(Scale);
        Draw(surface.Canvas, map, layout);
        using var image = surface.Snapshot();
        using var data = image.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    /// <summary>The map as an SVG file.</summary>
    public static byte[] ToSvg(HeatMap map)
    {
        var layout = Layout.Of(map);
        using var stream = new MemoryStream();
        using (var canvas = SKSvgCanvas.Create(new SKRect(0, 0, layout.Width, layout.Height), stream)) Draw(canvas, map, layout);
        return stream.ToArray();
    }

    private static void Draw(SKCanvas canvas, HeatMap map, Layout layout)
    {
        canvas.Clear(SKColors.White);
        using var pen = new Pen();
        pen.Text(canvas, map.Title, Margin, 28, 18, SKTextAlign.Left, isBold: true);
        pen.Text(canvas, map.Subtitle, Margin, 50, 12, SKTextAlign.Left, color: Grey);
        var x = Margin;
        foreach (var panel in map.Panels)
        {
            DrawPanel(canvas, pen, panel, x, layout);
            x += layout.PanelWidth(panel) + Gap;
        }

        if (map.Panels.Length > 0) DrawLegend(canvas, pen, layout);
    }

    private static void DrawPanel(SKCanvas canvas, Pen pen, HeatPanel panel, float left, Layout layout)
    {
        var top = HeaderHeight + PanelTitleHeight;
        var cells = left + layout.LabelWidth;
        pen.Text(canvas, panel.Title, cells, top - 9, 13, SKTextAlign.Left, isBold: true);
        for (var r = 0; r < panel.Rows.Length; r++)
        {
            var y = top + (r * RowHeight);
            pen.Text(canvas, panel.Rows[r].IsSubject ? panel.Rows[r].Label + " *" : panel.Rows[r].Label, cells - 8, y + 16, 12, SKTextAlign.Right, isBold: panel.Rows[r].IsSubject);
            for (var c = 0; c < panel.Columns.Length; c++)
            {
                var value = panel.Values[r][c];
                var color = Color(panel.Hue, value);
                pen.Fill(canvas, cells + (c * Cell), y, Cell - 1, RowHeight - 1, color);
                if (!double.IsNaN(value)) pen.Text(canvas, value.ToString("0.00", CultureInfo.InvariantCulture), cells + (c * Cell) + ((Cell - 1) / 2), y + 16, 10, SKTextAlign.Center, color: Luminance(color) < 0.55 ? SKColors.White : SKColors.Black);
            }
        }

        var bottom = top + (panel.Rows.Length * RowHeight);
        for (var c = 0; c < panel.Columns.Length; c++) pen.Text(canvas, panel.Columns[c], cells + (c * Cell) + ((Cell - 1) / 2), bottom + 16, 11, SKTextAlign.Center);
        pen.Text(canvas, "layer", cells + (panel.Columns.Length * Cell / 2), bottom + 34, 11, SKTextAlign.Center, color: Grey);
    }

    private static void DrawLegend(SKCanvas canvas, Pen pen, Layout layout)
    {
        const int Steps = 60;
        float y = layout.Height - LegendHeight, width = 180f / Steps;
        pen.Text(canvas, "0", Margin, y + 11, 11, SKTextAlign.Left);
        for (var i = 0; i < Steps; i++) pen.Fill(canvas, Margin + 14 + (i * width), y, width + 0.5f, 14, Color(HeatHue.Purple, (i + 0.5) / Steps));
        pen.Text(canvas, "1, the clean run", Margin + 200, y + 11, 11, SKTextAlign.Left);
    }

    private static SKColor Grey => new(0x60, 0x60, 0x60);

    /// <summary>White at 0, the full hue at 1; orange below 0, where restoring made it worse; grey where nothing was measured.</summary>
    private static SKColor Color(HeatHue hue, double share)
    {
        if (double.IsNaN(share)) return new SKColor(0xEE, 0xEE, 0xEE);
        var (light, full) = hue switch
        {
            HeatHue.Purple => (new SKColor(0xFC, 0xFB, 0xFD), new SKColor(0x3F, 0x00, 0x7D)),
            HeatHue.Green => (new SKColor(0xF7, 0xFC, 0xF5), new SKColor(0x00, 0x44, 0x1B)),
            HeatHue.Red => (new SKColor(0xFF, 0xF5, 0xF0), new SKColor(0x8B, 0x0A, 0x14)),
            _ => (new SKColor(0xF7, 0xFB, 0xFF), new SKColor(0x08, 0x30, 0x6B)),
        };
        if (share < 0) full = new SKColor(0xE6, 0x7E, 0x00);
        var t = Math.Clamp(Math.Abs(share), 0, 1);
        byte Mix(byte a, byte b) => (byte)Math.Round(a + ((b - a) * t));
        return new SKColor(Mix(light.Red, full.Red), Mix(light.Green, full.Green), Mix(light.Blue, full.Blue));
    }

    private static double Luminance(SKColor c) => ((0.2126 * c.Red) + (0.7152 * c.Green) + (0.0722 * c.Blue)) / 255;

    private sealed record Layout(float LabelWidth, float Width, float Height)
    {
        public static Layout Of(HeatMap map)
        {
            using var pen = new Pen();
            var labels = map.Panels.SelectMany(p => p.Rows).Select(r => pen.Width(r.Label + " *", 12, isBold: true)).DefaultIfEmpty(0).Max() + 12;
            var panels = map.Panels.Sum(p => labels + (p.Columns.Length * Cell)) + (Gap * Math.Max(0, map.Panels.Length - 1));
            var heading = Math.Max(pen.Width(map.Title, 18, isBold: true), pen.Width(map.Subtitle, 12, isBold: false));
            var rows = map.Panels.Select(p => p.Rows.Length).DefaultIfEmpty(0).Max();
            return new Layout(labels, MathF.Ceiling(Math.Max(panels, heading) + (2 * Margin)), HeaderHeight + PanelTitleHeight + (rows * RowHeight) + AxisHeight + LegendHeight + 10);
        }

        public float PanelWidth(HeatPanel panel) => LabelWidth + (panel.Columns.Length * Cell);
    }

    /// <summary>Native handles that are used for every stroke.</summary>
    private sealed class Pen : IDisposable
    {
        private readonly SKPaint paint = new() { IsAntialias = true };
        private readonly SKTypeface regular = SKTypeface.FromFamilyName("DejaVu Sans");
        private readonly SKTypeface bold = SKTypeface.FromFamilyName("DejaVu Sans", SKFontStyle.Bold);

        public void Text(SKCanvas canvas, string text, float x, float y, float size, SKTextAlign align, bool isBold = false, SKColor? color = null)
        {
            using var font = new SKFont(isBold ? bold : regular, size);
            paint.Color = color ?? SKColors.Black;
            canvas.DrawText(text, x, y, align, font, paint);
        }

        public float Width(string text, float size, bool isBold)
        {
            using var font = new SKFont(isBold ? bold : regular, size);
            return font.MeasureText(text);
        }

        public void Fill(SKCanvas canvas, float x, float y, float width, float height, SKColor color)
        {
            paint.Color = color;
            canvas.DrawRect(x, y, width, height, paint);
        }

        public void Dispose()
        {
            paint.Dispose();
            regular.Dispose();
            bold.Dispose();
        }
    }
}
