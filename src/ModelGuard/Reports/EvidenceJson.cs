using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using ModelGuard.Editing;
using ModelGuard.Editing.Hardening;
using ModelGuard.Fingerprints;

namespace ModelGuard.Reports;

/// <summary>What an edit can prove without a picture, as JSON.</summary>
internal static class EvidenceJson
{
    /// <summary>How far each preserved prompt drifts, at the tensor where it drifts most; nothing when no prompt is preserved.</summary>
    public static void WriteDrift(Utf8JsonWriter json, ImmutableArray<PromptDrift> drifts)
    {
        if (drifts.IsEmpty) return;
        json.WriteStartArray("drift");
        foreach (var drift in drifts)
        {
            json.WriteStartObject();
            json.WriteString("name", drift.Name);
            json.WriteString("prompt", drift.Prompt);
            ReportJson.WriteNumber(json, "drift", drift.Drift);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>What text encoders compute on canary prompts: a line of numbers for each prompt.</summary>
    public static void WriteFingerprint(Utf8JsonWriter json, ModelFingerprint fingerprint)
    {
        json.WriteStartObject("fingerprint");
        json.WriteStartArray("prompts");
        foreach (var prompt in fingerprint.Prompts) json.WriteStringValue(prompt);
        json.WriteEndArray();
        json.WriteStartArray("encoders");
        foreach (var encoder in fingerprint.Encoders)
        {
            json.WriteStartObject();
            json.WriteString("component", encoder.Component);
            json.WriteNumber("layers", encoder.Layers);
            WriteSketches("edited", encoder.Edited);
            WriteSketches("base", encoder.Base);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();

        void WriteSketches(string key, ImmutableArray<ImmutableArray<double>> sketches)
        {
            json.WriteStartArray(key);
            foreach (var sketch in sketches) json.WriteRawValue($"[{string.Join(", ", sketch.Select(n => n.ToString("R", CultureInfo.InvariantCulture)))}]");
            json.WriteEndArray();
        }
    }

    /// <summary>What attacks found in each round, and what was done; nothing when no round was made.</summary>
    public static void WriteHardening(Utf8JsonWriter json, ImmutableArray<HardeningRound> rounds)
    {
        if (rounds.IsEmpty) return;
        json.WriteStartArray("hardening");
        foreach (var round in rounds)
        {
            json.WriteStartObject();
            json.WriteNumber("round", round.Number);
            json.WriteNumber("searched", round.Searched);
            json.WriteStartArray("found");
            foreach (var (attack, count) in round.Found)
            {
                json.WriteStartObject();
                json.WriteString("attack", attack);
                json.WriteNumber("count", count);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (round.WorstDrift is { } drift) ReportJson.WriteNumber(json, "worstDrift", drift);
            json.WriteString("outcome", round.Outcome switch { HardeningOutcome.Held => "held", HardeningOutcome.Solved => "solved", _ => "given-up" });
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The ways from the prompt to the picture, and whether the edit lies on each of them.</summary>
    public static void WritePaths(Utf8JsonWriter json, ImmutableArray<TextPath> paths)
    {
        if (paths.IsEmpty) return;
        json.WriteStartArray("textPaths");
        foreach (var path in paths)
        {
            json.WriteStartObject();
            json.WriteString("path", path.Name);
            json.WriteBoolean("edited", path.IsEdited);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
