using System.Globalization;
using System.Text;
using System.Xml;

namespace ModelGuard.Reports.HeatMaps;

/// <summary>A sheet that becomes SVG: text stays text, and screen readers are told what it is.</summary>
internal sealed class SvgSheet : ISheet
{
    private const string Namespace = "http://www.w3.org/2000/svg";
    private readonly List<Action<XmlWriter>> strokes = [];
    private readonly double width;
    private readonly double height;
    private readonly string title;
    private readonly string description;

    public SvgSheet(double width, double height, string title, string description)
    {
        (this.width, this.height, this.title, this.description) = (width, height, title, description);
        Fill(0, 0, width, height, Paint.White);
    }

    public void Fill(double x, double y, double width, double height, Paint paint) => strokes.Add(xml =>
    {
        xml.WriteStartElement("rect", Namespace);
        foreach (var (name, value) in new[] { ("x", x), ("y", y), ("width", width), ("height", height) }) xml.WriteAttributeString(name, Number(value));
        xml.WriteAttributeString("fill", Hex(paint));
        xml.WriteEndElement();
    });

    public void Text(string text, Lettering lettering, Paint? paint = null) => strokes.Add(xml =>
    {
        xml.WriteStartElement("text", Namespace);
        foreach (var (name, value) in new[] { ("x", lettering.X), ("y", lettering.Y), ("font-size", lettering.Size) }) xml.WriteAttributeString(name, Number(value));
        if (lettering.Align != Align.Start) xml.WriteAttributeString("text-anchor", lettering.Align == Align.Middle ? "middle" : "end");
        if (lettering.IsBold) xml.WriteAttributeString("font-weight", "bold");
        xml.WriteAttributeString("fill", Hex(paint ?? Paint.Black));
        xml.WriteString(Clean(text));
        xml.WriteEndElement();
    });

    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using (var xml = XmlWriter.Create(stream, new XmlWriterSettings { Indent = true, NewLineChars = "\n", Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), OmitXmlDeclaration = true }))
        {
            xml.WriteStartElement("svg", Namespace);
            xml.WriteAttributeString("width", Number(width));
            xml.WriteAttributeString("height", Number(height));
            xml.WriteAttributeString("viewBox", $"0 0 {Number(width)} {Number(height)}");
            xml.WriteAttributeString("font-family", "DejaVu Sans, Verdana, sans-serif");
            xml.WriteAttributeString("role", "img");
            xml.WriteElementString("title", Namespace, Clean(title));
            xml.WriteElementString("desc", Namespace, Clean(description));
            foreach (var stroke in strokes) stroke(xml);
            xml.WriteEndElement();
        }

        return stream.ToArray();
    }

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Hex(Paint paint) => string.Create(CultureInfo.InvariantCulture, $"#{paint.Red:x2}{paint.Green:x2}{paint.Blue:x2}");

    // Labels come from a vocabulary, and XML cannot hold every character.
    private static string Clean(string text) => string.Concat(text.EnumerateRunes().Select(r => r.IsBmp && !XmlConvert.IsXmlChar((char)r.Value) ? "\uFFFD" : r.ToString()));
}
