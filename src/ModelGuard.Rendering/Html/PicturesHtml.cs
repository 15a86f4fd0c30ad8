using System.Text.Json;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Html;

/// <summary>Pictures of base and edited model, same prompt and same seed, one over the other.</summary>
internal static class PicturesHtml
{
    // Up to so many concepts nobody needs to open one first.
    private const int MostOpen = 6;

    public static Markup Of(ReportView report, HtmlOptions options)
    {
        if (options.Pictures.IsEmpty || report.Audit is not { } audit) return Markup.None;
        var concepts = options.Pictures.GroupBy(p => p.Concept, StringComparer.Ordinal).ToArray();
        return Markup.Of($"""
            <p class="note">Same prompt, same seed: on the left of the line what the base draws, on the right what the edited model draws. The slider moves the line. Pictures of removed concepts are blurred until you ask for them.</p>
            {concepts.Select(c => Concept(report, audit, c.Key, [.. c], concepts.Length <= MostOpen))}
            """);
    }

    private static Markup Concept(ReportView report, AuditView audit, string concept, EmbeddedPicture[] pictures, bool isOpen)
    {
        var pairs = pictures.GroupBy(p => (p.Prompt, p.Seed)).ToArray();
        // A concept of unknown scope may be a removed one.
        var scope = audit.MeasuredOf(concept)?.Scope;
        var isVeiled = scope is null or ScopeWord.Removed;
        var worst = audit.Gates.Where(g => g.Concept == concept).Select(g => g.Verdict).DefaultIfEmpty(VerdictWord.Pass).Max();
        return Markup.Of($"""
            <details class="fold pictures"{(isVeiled ? Markup.Of($" data-veiled") : Markup.None)}{(isOpen ? Markup.Of($" open") : Markup.None)}>
            <summary>{VerdictHtml.Badge(worst)} <span>{report.PublicName(concept)}</span> <small>{(scope is { } known ? Words.Of(known) : "of unknown scope")}, {pairs.Length} pair{(pairs.Length == 1 ? "" : "s")}</small></summary>
            {PageData.Block(json => WritePairs(json, report.PublicName(concept), pairs))}
            </details>

            """);
    }

    private static void WritePairs(Utf8JsonWriter json, string name, IEnumerable<IGrouping<(string Prompt, long Seed), EmbeddedPicture>> pairs)
    {
        json.WriteString("name", PageData.Text(name));
        json.WriteStartArray("prompts");
        foreach (var prompt in pairs.GroupBy(p => p.Key.Prompt, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("prompt", PageData.Text(prompt.Key));
            json.WriteStartArray("pairs");
            foreach (var pair in prompt)
            {
                json.WriteStartObject();
                json.WriteNumber("seed", pair.Key.Seed);
                foreach (var picture in pair.DistinctBy(p => p.IsBase))
                {
                    json.WriteString(picture.IsBase ? "baseType" : "editedType", Words.Of(picture.Format));
                    PageData.WriteBytes(json, picture.IsBase ? "base" : "edited", picture.Bytes.Span);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
