using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ModelGuard.Rendering.Html;

/// <summary>Data that the script turns into elements where somebody opens them: thousands of pictures and cells would keep a page from opening.</summary>
internal static class PageData
{
    // The default encoder escapes what could end the element that the data stand in.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Default };

    /// <summary>A block of data for the element that it stands in.</summary>
    public static Markup Block(Action<Utf8JsonWriter> members)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Options))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return Markup.Trusted($"<script type=\"application/json\">{Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length))}</script>");
    }

    /// <summary>Bytes in base64, which needs no escaping; the encoder would make six bytes of each plus sign.</summary>
    public static void WriteBytes(Utf8JsonWriter json, string key, ReadOnlySpan<byte> bytes)
    {
        json.WritePropertyName(key);
        json.WriteRawValue($"\"{Convert.ToBase64String(bytes)}\"", skipInputValidation: true);
    }

    /// <summary>A text as it is shown, without hidden characters.</summary>
    public static string Text(string text) => UntrustedText.Visible(text);
}
