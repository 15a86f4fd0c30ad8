using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace ModelGuard.Rendering.Html;

/// <summary>HTML that is known to be ours. It is made from interpolated strings, in which every text is escaped and only <see cref="Markup"/> stays as it is: forgetting to escape is not possible.</summary>
internal readonly record struct Markup
{
    private readonly string? html;

    private Markup(string html) => this.html = html;

    /// <summary>Nothing.</summary>
    public static Markup None => default;

    /// <summary>HTML with texts in it.</summary>
    public static Markup Of(MarkupBuilder builder) => new(builder.ToString());

    /// <summary>HTML from a resource of this assembly.</summary>
    public static Markup Trusted(string resource) => new(resource);

    /// <summary>One after another.</summary>
    public static Markup Join(IEnumerable<Markup> parts)
    {
        var all = new StringBuilder();
        foreach (var part in parts) all.Append(part.html);
        return new Markup(all.ToString());
    }

    /// <summary>The HTML.</summary>
    public override string ToString() => html ?? "";
}

/// <summary>Collects the parts of an interpolated string: literals stay as they are, everything else is escaped.</summary>
[InterpolatedStringHandler]
internal readonly ref struct MarkupBuilder
{
    private readonly StringBuilder html;

    public MarkupBuilder(int literalLength, int formattedCount) => html = new StringBuilder(literalLength + (formattedCount * 16));

    public void AppendLiteral(string literal) => html.Append(literal);

    public void AppendFormatted(string? text) => html.Append(UntrustedText.InHtml(text ?? ""));

    public void AppendFormatted(Markup markup) => html.Append(markup.ToString());

    public void AppendFormatted(IEnumerable<Markup> markup) => html.Append(Markup.Join(markup).ToString());

    public void AppendFormatted(int number) => html.Append(number.ToString(CultureInfo.InvariantCulture));

    public void AppendFormatted(double number, string format) => html.Append(number.ToString(format, CultureInfo.InvariantCulture));

    public override string ToString() => html.ToString();
}
