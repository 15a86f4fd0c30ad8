using System.Text;

namespace ModelGuard.Cards;

/// <summary>
/// The model card of an edited checkpoint (<c>README.md</c>): the base's, with <c>base_model</c>, <c>base_model_relation</c> and tags in its front matter
/// and a section on the edit at its end. All other bytes stay, and doing it twice changes nothing.
/// </summary>
public static class ModelCard
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "README.md";

    private const string Begin = "<!-- modelguard:edit -->";
    private const string End = "<!-- /modelguard:edit -->";
    private const int MostTensors = 20;
    private const char ByteOrderMark = '\uFEFF';

    // The hub knows finetune, adapter, merge and quantized.
    private const string Relation = "finetune";
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly string[] Tags = ["concept-erasure", "modelguard"];

    /// <summary>A card's bytes as text, from which the same bytes can be made.</summary>
    /// <exception cref="CardException">They are no UTF-8.</exception>
    public static string Read(byte[] utf8)
    {
        try
        {
            return Strict.GetString(utf8);
        }
        catch (DecoderFallbackException e)
        {
            throw new CardException("The model card is no valid UTF-8. Save it as UTF-8.", e);
        }
    }

    /// <summary>The card of the edited checkpoint.</summary>
    /// <param name="card">The base's card, or an edited one; empty for none.</param>
    /// <param name="facts">What it says of the edit.</param>
    /// <exception cref="CardException">The card's front matter cannot be read or extended, or its section on the edit does not end.</exception>
    public static string Apply(string card, CardFacts facts)
    {
        var edited = Once(card, facts);
        // Lines are added where YAML may understand them otherwise, for example within a text that goes on: then the second time finds another card.
        return Once(edited, facts) == edited ? edited : throw new CardException("The front matter of the model card is written so that no line can be added to it. Write it as keys, one a line.");
    }

    private static string Once(string card, CardFacts facts)
    {
        // Some editors begin a file with a byte order mark.
        if (card.StartsWith(ByteOrderMark)) return ByteOrderMark + Once(card[1..], facts);
        var (matter, body) = FrontMatter.Split(card);
        matter.Set("base_model", facts.BaseModel);
        matter.Set("base_model_relation", Relation);
        matter.Add("tags", Tags);
        return matter + WithSection(body, facts);
    }

    /// <summary>The base that a card names; null where it names none, or several.</summary>
    /// <exception cref="CardException">The card's front matter cannot be read.</exception>
    public static string? BaseModelOf(string card) => FrontMatter.Split(card.TrimStart(ByteOrderMark)).FrontMatter.Get("base_model");

    /// <summary>How lines of a text end. One CR at the end makes another of the LF that is put behind it.</summary>
    internal static string LineEnd(string text) => text.EndsWith('\r') || text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";

    private static string WithSection(string body, CardFacts facts)
    {
        var lineEnd = LineEnd(body);
        var section = Section(facts).Replace("\n", lineEnd, StringComparison.Ordinal);
        var begin = body.IndexOf(Begin, StringComparison.Ordinal);
        if (begin < 0) return $"{body}{(body.Length == 0 || body.EndsWith('\n') ? "" : lineEnd)}{lineEnd}{section}{lineEnd}";
        var end = body.IndexOf(End, begin, StringComparison.Ordinal);
        if (end < 0) throw new CardException($"The section on the edit in the model card begins with '{Begin}' and does not end with '{End}'. Add that line, or remove the first.");
        return $"{body[..begin]}{section}{body[(end + End.Length)..]}";
    }

    private static string Section(CardFacts facts)
    {
        var text = new StringBuilder();
        text.Append(Begin).Append('\n');
        text.Append("## Edit\n\n");
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"This model is {Code(facts.BaseModel)} (root digest {Code(facts.BaseDigest)}), edited in closed form with ModelGuard by the method {Code(facts.Method)} under the policy {Code(facts.Policy.Name)} ({Code(facts.Policy.Digest)}). {facts.Tensors.Length} tensor(s) differ from the base, and nothing else does but this card:\n\n");
        foreach (var tensor in facts.Tensors.Take(MostTensors)) text.Append("- ").Append(Code(tensor)).Append('\n');
        if (facts.Tensors.Length > MostTensors) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"- and {facts.Tensors.Length - MostTensors} more\n");
        text.Append("\nWhoever has the weights can undo an edit. `modelguard verify` solves it again and compares.\n");
        return text.Append(End).ToString();
    }

    // A span of code, out of which no name can break.
    private static string Code(string text) => $"`{string.Concat(text.Select(c => c == '`' ? '\'' : char.IsControl(c) || char.IsSurrogate(c) ? '?' : c))}`";
}
