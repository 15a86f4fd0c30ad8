using System.Globalization;
using System.Text.Json;
using ModelGuard.Auditing;
using ModelGuard.Auditing.Probes;
using ModelGuard.Policies;
using ModelGuard.Verdicts;

namespace ModelGuard.Reports;

/// <summary>The <c>audit</c> part of the report.</summary>
internal static class ReportAuditJson
{
    public static void Write(Utf8JsonWriter json, AuditReport audit)
    {
        json.WriteStartObject("audit");
        json.WriteString("verdict", ReportJson.Word(audit.Verdict));
        json.WriteString("failOn", ReportJson.Word(audit.FailOn));
        json.WriteString("scorerDigest", audit.ScorerDigest);
        WriteGeneration(json, audit);
        if (audit.Attack is { } attack) WriteAttack(json, attack);
        WriteMeasured(json, audit);
        if (audit.Pictures is { } pictures) WritePictures(json, pictures);
        json.WriteStartArray("gates");
        foreach (var outcome in audit.Outcomes) WriteOutcome(json, outcome);
        json.WriteEndArray();
        WriteWaivers(json, audit);
        json.WriteStartObject("summary");
        foreach (var verdict in new[] { Verdict.Pass, Verdict.Fail, Verdict.Waived, Verdict.Inconclusive }) json.WriteNumber(ReportJson.Word(verdict), audit.Outcomes.Count(o => o.Verdict == verdict));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteGeneration(Utf8JsonWriter json, AuditReport audit)
    {
        json.WriteStartObject("generation");
        json.WriteString("scheduler", audit.Generation.Scheduler);
        json.WriteNumber("steps", audit.Generation.Steps);
        json.WriteNumber("guidanceScale", audit.Generation.GuidanceScale);
        if (audit.Generation.Looks is { } looks) json.WriteNumber("looks", looks);
        json.WriteStartArray("seeds");
        for (var seed = 0; seed < audit.Generation.Seeds; seed++) json.WriteNumberValue(seed);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteAttack(Utf8JsonWriter json, AttackSection attack)
    {
        json.WriteStartObject("attack");
        json.WriteString("scale", attack.IsFull ? "full" : "quick");
        json.WriteNumber("prompts", attack.Prompts);
        json.WriteNumber("seeds", attack.Seeds);
        json.WriteNumber("iterations", attack.Iterations);
        json.WriteNumber("candidates", attack.Candidates);
        json.WriteNumber("tokens", attack.Tokens);
        json.WriteEndObject();
    }

    private static void WriteMeasured(Utf8JsonWriter json, AuditReport audit)
    {
        json.WriteStartArray("measured");
        foreach (var measured in audit.Measured)
        {
            json.WriteStartObject();
            json.WriteString("concept", measured.Subject.Id);
            json.WriteString("scope", ReportJson.Word(measured.Subject.Scope));
            json.WriteNumber("pictures", measured.Pictures);
            WriteTexts("prompts", measured.Subject.Prompts);
            WriteTexts("texts", measured.Subject.Texts);
            if (!measured.Subject.Companions.IsEmpty) WriteTexts("companions", measured.Subject.Companions.SelectMany(p => p).Select(c => c.Name).Distinct(StringComparer.Ordinal));
            json.WriteStartObject("metrics");
            foreach (var m in measured.Measurements)
            {
                json.WriteStartObject(m.Metric);
                ReportJson.WriteNumber(json, "value", m.Value);
                if (m.BaselineValue is { } baseline) ReportJson.WriteNumber(json, "base", baseline);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            if (!measured.Probes.IsEmpty) WriteProbes(json, measured.Probes);
            if (!measured.Attempts.IsEmpty) WriteAttempts(json, measured.Attempts);
            json.WriteEndObject();
        }

        json.WriteEndArray();

        void WriteTexts(string key, IEnumerable<string> texts)
        {
            json.WriteStartArray(key);
            foreach (var text in texts) json.WriteStringValue(text);
            json.WriteEndArray();
        }
    }

    private static void WriteProbes(Utf8JsonWriter json, IEnumerable<ProbeResult> probes)
    {
        json.WriteStartArray("probes");
        foreach (var result in probes)
        {
            json.WriteStartObject();
            json.WriteString("kind", ReportJson.Word(result.Probe.Kind));
            json.WriteString("prompt", result.Probe.Prompt);
            json.WriteNumber("n", result.Pictures);
            ReportJson.WriteNumber(json, "value", result.Value);
            if (result.Baseline is { } baseline) ReportJson.WriteNumber(json, "base", baseline);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteAttempts(Utf8JsonWriter json, IEnumerable<AttackAttempt> attempts)
    {
        json.WriteStartArray("attacks");
        foreach (var attempt in attempts)
        {
            json.WriteStartObject();
            json.WriteString("attack", attempt.Attack);
            json.WriteString("prompt", attempt.Prompt);
            json.WriteString("found", attempt.Found);
            ReportJson.WriteNumber(json, "distanceBefore", attempt.DistanceBefore);
            ReportJson.WriteNumber(json, "distanceAfter", attempt.DistanceAfter);
            json.WriteBoolean("wasPresent", attempt.WasPresent);
            json.WriteBoolean("succeeded", attempt.Succeeded);
            json.WriteString("judgedOn", ReportJson.Word(attempt.Judge));
            json.WriteBoolean("isNearest", attempt.IsNearest);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteOutcome(Utf8JsonWriter json, GateOutcome outcome)
    {
        json.WriteStartObject();
        json.WriteString("gate", outcome.Gate.Id);
        json.WriteString("concept", outcome.Concept);
        json.WriteString("displayName", outcome.DisplayName);
        json.WriteString("severity", ReportJson.Word(outcome.Severity));
        json.WriteString("metric", outcome.Gate.Metric);
        json.WriteString("verdict", ReportJson.Word(outcome.Verdict));
        json.WriteString("limit", ReportJson.Word(outcome.Gate.Limit));
        json.WriteNumber("limitValue", outcome.Gate.Value);
        ReportJson.WriteNumber(json, "statistic", outcome.Statistic);
        ReportJson.WriteNumber(json, "value", outcome.Value);
        ReportJson.WriteNumber(json, "base", outcome.Baseline);
        ReportJson.WriteNumber(json, "low", outcome.Interval?.Low);
        ReportJson.WriteNumber(json, "high", outcome.Interval?.High);
        json.WriteNumber("n", outcome.Count);
        if (outcome.ComparedWith is { } baseline)
        {
            json.WriteStartObject("baseline");
            json.WriteString("name", baseline.Name);
            json.WriteString("digest", baseline.Digest);
            json.WriteEndObject();
        }

        if (outcome.Look is { } look)
        {
            json.WriteStartObject("sequential");
            json.WriteNumber("look", look.Look);
            json.WriteNumber("looks", look.Looks);
            json.WriteNumber("planned", look.Planned);
            json.WriteEndObject();
        }

        json.WriteString("explanation", outcome.Explanation);
        json.WriteStartObject("location");
        json.WriteString("file", System.IO.Path.GetFileName(outcome.Location.Path));
        json.WriteNumber("line", outcome.Location.Line);
        json.WriteNumber("column", outcome.Location.Column);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WritePictures(Utf8JsonWriter json, PictureIndexReference pictures)
    {
        json.WriteStartObject("pictures");
        json.WriteString("index", pictures.Name);
        json.WriteString("digest", pictures.Digest);
        json.WriteNumber("count", pictures.Count);
        json.WriteEndObject();
    }

    private static void WriteWaivers(Utf8JsonWriter json, AuditReport audit)
    {
        json.WriteStartArray("waivers");
        foreach (var waiver in audit.Waivers)
        {
            json.WriteStartObject();
            json.WriteString("gate", waiver.Gate);
            json.WriteString("concept", waiver.Concept);
            json.WriteString("owner", waiver.Owner);
            json.WriteString("reason", waiver.Reason);
            json.WriteString("expires", waiver.Expires.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
