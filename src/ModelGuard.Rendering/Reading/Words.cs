using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModelGuard.Rendering.Reading;

/// <summary>The words of a report for values of enumerations: kebab case, exactly.</summary>
internal static class Words
{
    /// <summary>The word for a value.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    /// <summary>The methods of an edit, in a row.</summary>
    public static string Methods(EditView edit) => edit.CrossAttention is null ? edit.Method : $"{edit.Method} and {edit.CrossAttention}";
}

/// <summary>Reads one word of an enumeration. The converter of System.Text.Json would also take other spellings of it.</summary>
internal sealed class WordConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    private static readonly Dictionary<string, T> Values = Enum.GetValues<T>().ToDictionary(Words.Of, StringComparer.Ordinal);

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Values.TryGetValue(reader.GetString()!, out var value) ? value : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(Words.Of(value));
}
