using System.Text.Json;

namespace ModelGuard.Shared;

/// <summary>Names and texts of JSON that may hold half a surrogate pair: the parser only meets it when the text is asked for.</summary>
internal static class ValidTexts
{
    /// <summary>Asks for all of them.</summary>
    /// <exception cref="InvalidOperationException">One is no text.</exception>
    public static void Require(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray()) Require(item);
                break;
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    _ = property.Name;
                    Require(property.Value);
                }

                break;
        }
    }
}
