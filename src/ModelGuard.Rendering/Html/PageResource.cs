using System.Security.Cryptography;
using System.Text;

namespace ModelGuard.Rendering.Html;

/// <summary>A file of the page: template, style or script.</summary>
/// <param name="Text">Its text.</param>
internal sealed record PageResource(string Text)
{
    /// <summary>The page without its contents.</summary>
    public static PageResource Template { get; } = Read("report.html");

    /// <summary>Its style.</summary>
    public static PageResource Style { get; } = Read("report.css");

    /// <summary>Its script.</summary>
    public static PageResource Script { get; } = Read("report.js");

    /// <summary>The source expression by which a content security policy allows this text and no other.</summary>
    public string PolicySource { get; } = $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Text)))}'";

    private static PageResource Read(string name)
    {
        using var stream = typeof(PageResource).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return new PageResource(reader.ReadToEnd());
    }
}
