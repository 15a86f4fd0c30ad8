using System.Text.Json;

namespace ModelGuard.Shared;

/// <summary>Lists that hold null. The serializer, which refuses null for a field that cannot be, lets it stand in a list of anything.</summary>
internal static class NullItems
{
    /// <summary>Refuses them; of a JSON document no form of ModelGuard has any.</summary>
    /// <exception cref="JsonException">A list holds null, or the bytes are no JSON.</exception>
    public static void Refuse(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        var lists = new Stack<bool>();
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray or JsonTokenType.StartObject:
                    lists.Push(reader.TokenType == JsonTokenType.StartArray);
                    break;
                case JsonTokenType.EndArray or JsonTokenType.EndObject:
                    lists.Pop();
                    break;
                case JsonTokenType.Null when lists.TryPeek(out var isList) && isList:
                    throw new JsonException("A list holds null.");
            }
        }
    }
}
