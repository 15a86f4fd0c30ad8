using System.Text.Json;
using ModelGuard.Attestations;
using ModelGuard.Reports;

namespace ModelGuard.Proving;

/// <summary>Whether a report says of an edit what comes out when it is solved again.</summary>
public static class RederivedReport
{
    // Another processor gives other last digits; what matters to a reader are the first three.
    private const double RelativeTolerance = 1e-3;
    private const double AbsoluteTolerance = 1e-6;

    // A sketch is rounded to four decimals, on either side of a half.
    private const double SketchTolerance = 1.5e-4;
    private const string Fingerprint = "edit.fingerprint";

    // Names are what somebody called a file or folder.
    private static readonly string[] Free = ["policy.name", "model.base.name", "model.output.name"];

    // Not in reports of earlier versions: what is not there claims nothing.
    private static readonly string[] Optional = ["fingerprint", "rederivationBound"];

    /// <summary>Compares the parts of a report that an edit decides: policy, model and edit.</summary>
    /// <param name="report">The report.</param>
    /// <param name="again">The report of the edit that was solved again.</param>
    /// <param name="isExact">Whether numbers must be the same to the last digit.</param>
    /// <exception cref="AttestationException">MG2025: it says something else.</exception>
    public static void Require(ReportFile report, EditReport again, bool isExact)
    {
        using var said = JsonDocument.Parse(report.Bytes);
        using var found = JsonDocument.Parse(ReportJson.Write(again));
        foreach (var part in new[] { "policy", "model", "edit" }) Compare(said.RootElement.GetProperty(part), found.RootElement.GetProperty(part), part);

        void Compare(JsonElement own, JsonElement other, string path)
        {
            if (Free.Contains(path, StringComparer.Ordinal)) return;
            switch (own.ValueKind, other.ValueKind)
            {
                case (JsonValueKind.Object, JsonValueKind.Object):
                    CompareObjects(own, other, path);
                    break;
                case (JsonValueKind.Array, JsonValueKind.Array) when own.GetArrayLength() == other.GetArrayLength():
                    foreach (var (i, (a, b)) in own.EnumerateArray().Zip(other.EnumerateArray()).Index()) Compare(a, b, FormattableString.Invariant($"{path}[{i}]"));
                    break;
                case (JsonValueKind.Number, JsonValueKind.Number) when !isExact && AreClose(own, other, path):
                    break;
                default:
                    if (!JsonElement.DeepEquals(own, other)) throw Refuse(path, own.ToString(), other.ToString());
                    break;
            }
        }

        void CompareObjects(JsonElement own, JsonElement other, string path)
        {
            foreach (var property in other.EnumerateObject())
            {
                if (own.TryGetProperty(property.Name, out var value)) Compare(value, property.Value, $"{path}.{property.Name}");
                else if (!Optional.Contains(property.Name, StringComparer.Ordinal)) throw Refuse($"{path}.{property.Name}", "", property.Value.ToString());
            }

            foreach (var property in own.EnumerateObject().Where(p => !other.TryGetProperty(p.Name, out _))) throw Refuse($"{path}.{property.Name}", property.Value.ToString(), "");
        }

        AttestationException Refuse(string path, string own, string other) => AttestationException.Refuse("MG2025", $"'{report.Name}' says {Short(own)} for '{path}'; solving the edit again gives {Short(other)}. The report was changed after the tool wrote it, or is about another edit; take the original, or edit again.");
    }

    private static bool AreClose(JsonElement own, JsonElement other, string path)
    {
        // What was counted is the same everywhere.
        if (own.TryGetInt64(out _) && other.TryGetInt64(out _)) return JsonElement.DeepEquals(own, other);
        var (a, b) = (own.GetDouble(), other.GetDouble());
        var tolerance = path.StartsWith(Fingerprint, StringComparison.Ordinal) ? SketchTolerance : (RelativeTolerance * Math.Max(Math.Abs(a), Math.Abs(b))) + AbsoluteTolerance;
        return Math.Abs(a - b) <= tolerance;
    }

    private static string Short(string value) => value.Length switch
    {
        0 => "nothing",
        > 80 => $"'{value.AsSpan(0, 80)}…'",
        _ => $"'{value}'",
    };
}
