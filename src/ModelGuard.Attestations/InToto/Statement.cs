using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ModelGuard.Attestations.InToto;

/// <summary>What a statement is about. Subjects are matched by digest; names only inform (in-toto attestation <c>spec/v1/statement.md</c>).</summary>
/// <param name="Name">A name.</param>
/// <param name="Sha256">Lower-case hex.</param>
public sealed record Subject(string Name, string Sha256);

/// <summary>An in-toto statement, version 1.</summary>
/// <param name="Subjects">What it is about.</param>
/// <param name="PredicateType">A URI that says how the predicate is to be read.</param>
/// <param name="Predicate">What it says, as a JSON object.</param>
public sealed record Statement(ImmutableArray<Subject> Subjects, string PredicateType, JsonElement Predicate)
{
    /// <summary>The value of <c>_type</c>.</summary>
    public const string Type = "https://in-toto.io/Statement/v1";

    // Concepts may have any name; what JSON does not demand to be escaped stays readable.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The statement as JSON, on one line.</summary>
    public byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Options))
        {
            json.WriteStartObject();
            json.WriteString("_type", Type);
            json.WriteStartArray("subject");
            foreach (var subject in Subjects)
            {
                json.WriteStartObject();
                json.WriteString("name", subject.Name);
                json.WriteStartObject("digest");
                json.WriteString("sha256", subject.Sha256);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("predicateType", PredicateType);
            json.WritePropertyName("predicate");
            Predicate.WriteTo(json);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>Reads a verified payload.</summary>
    /// <param name="payload">The bytes that the signature is over.</param>
    /// <param name="place">Where they come from, for messages.</param>
    /// <exception cref="AttestationException">MG2006: it is no statement of version 1.</exception>
    public static Statement Read(ReadOnlyMemory<byte> payload, string place)
    {
        try
        {
            using var document = JsonFields.Parse(payload);
            var statement = JsonFields.Of(document, "statement");
            if (statement.Text("_type") is var type && type != Type) throw new JsonShapeException($"'statement._type' is '{type}' and not '{Type}'");
            var subjects = statement.List("subject");
            if (subjects.IsEmpty) throw new JsonShapeException("'statement.subject' is empty");
            _ = statement.Fields("predicate");
            return new Statement([.. subjects.Select(s => new Subject(s.OptionalText("name") ?? "", s.Fields("digest").Text("sha256")))], statement.Text("predicateType"), statement.Value("predicate").Clone());
        }
        catch (JsonShapeException e)
        {
            throw AttestationException.Refuse("MG2006", $"What '{place}' signs is no in-toto statement of version 1: {e.Message}. Have it signed again.", e);
        }
    }
}
