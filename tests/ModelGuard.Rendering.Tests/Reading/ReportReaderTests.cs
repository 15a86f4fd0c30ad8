using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using CsCheck;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Tests.Reading;

public sealed class ReportReaderTests
{
    private static JsonObject Valid
    {
        get
        {
            var report = SomeReport.OfAudit([SomeReport.Gate("gone", "van-gogh", "pass", 0)], [SomeReport.Waiver("gone", "van-gogh", "2026-12-31")], [Measured()]);
            report["audit"]!["generation"]!["looks"] = 2;
            report["audit"]!["attack"] = new JsonObject { ["scale"] = "quick", ["prompts"] = 4, ["seeds"] = 2, ["iterations"] = 25, ["candidates"] = 48, ["tokens"] = 3 };
            report["audit"]!["gates"]![0]!["sequential"] = new JsonObject { ["look"] = 1, ["looks"] = 2, ["planned"] = 152 };
            report["model"]!["serialization"] = new JsonObject { ["method"] = "shards", ["shardSize"] = 1 << 20 };
            return report;
        }
    }

    [Fact]
    public async Task The_reports_of_these_tests_fit_the_published_schema()
    {
        var schema = await PublishedSchema.ReadAsync("report-v1.schema.json");

        Assert.Equal("", schema.Errors(Valid.ToJsonString()));
        Assert.Equal("", schema.Errors(SomeReport.OfEdit().ToJsonString()));
    }

    [Fact]
    public void What_is_read_is_what_the_schema_describes()
    {
        using var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "schemas", "report-v1.schema.json")));
        var problems = new List<string>();
        Compare(schema.RootElement, ReportContext.Default.ReportView, "$", problems);

        Assert.Empty(problems);
    }

    [Fact]
    public void All_of_a_report_is_read()
    {
        var report = Valid.Read();

        Assert.Equal("a star", report.Audit!.Measured[0].Attacks[0].Prompt);
        Assert.Equal(new DateOnly(2026, 12, 31), report.Audit.Waivers[0].Expires);
        Assert.Equal(0.5, report.Audit.Measured[0].Metrics["recognition"].Base);
        Assert.Equal("text_encoder", SomeReport.OfEdit().Read().Edit!.Tensors[0].Component);
        Assert.Empty(report.Model.LeftOut);
    }

    [Theory]
    [InlineData("$.schemaVersion", "\"2.0\"", "version '2.0'")]
    [InlineData("$.tool.name", "\"other\"", "written by 'other'")]
    [InlineData("$.policy.digest", "\"sha256:00\"", "no digest")]
    [InlineData("$.policy.digest", "\"sha256:0000000000000000000000000000000000000000000000000000000000000000\\n\"", "no digest")]
    [InlineData("$.audit.verdict", "\"Pass\"", "$.audit.verdict")]
    [InlineData("$.audit.verdict", "0", "$.audit.verdict")]
    [InlineData("$.audit.gates[0].limitValue", "1e999", "out of range")]
    [InlineData("$.audit.gates[0].limitValue", "\"0.05\"", "$.audit.gates[0].limitValue")]
    [InlineData("$.audit.gates[0].location.line", "0", "no line and column")]
    [InlineData("$.audit.gates", "null", "$.audit.gates")]
    [InlineData("$.audit.summary.pass", "2", "does not count")]
    [InlineData("$.audit.waivers[0].expires", "\"31.12.2026\"", "$.audit.waivers[0].expires")]
    [InlineData("$.audit.gates[0].concept", "\"\\ud800\"", "no report")]
    [InlineData("$.run.durationMs", "445188075856648", "no run can have started and ended")]
    [InlineData("$.run.durationMs", "-1", "no run can have started and ended")]
    [InlineData("$.run.startedAt", "\"9999-12-31T23:59:59.999Z\"", "no run can have started and ended")]
    [InlineData("$.unknown", "1", "$.unknown")]
    [InlineData("$.model.serialization.method", "\"files\"", "by the method 'files' with 1048576 bytes")]
    [InlineData("$.model.serialization.shardSize", "1048575", "by the method 'shards' with 1048575 bytes")]
    [InlineData("$.model.serialization.shardSize", "1e30", "$.model.serialization.shardSize")]
    [InlineData("$.model", "[]", "$.model")]
    public void What_is_wrong_is_said_in_one_sentence_with_its_place(string path, string value, string expected)
    {
        var text = Replaced(Valid, path, value);

        var e = Assert.Throws<ReportException>(() => ReportReader.Read(Encoding.UTF8.GetBytes(text), "report.json"));

        Assert.Equal("MG1401", e.Code);
        Assert.StartsWith("'report.json' ", e.Message, StringComparison.Ordinal);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_field_that_stands_twice_is_refused() => Refused("MG1401", """{"schemaVersion":"1.0","schemaVersion":"1.0"}""");

    [Fact]
    public void Depth_is_limited() => Refused("MG1401", new string('[', 1000) + new string(']', 1000));

    [Fact]
    public void Long_texts_are_refused() => Refused("MG1402", Replaced(Valid, "$.tool.version", $"\"{new string('x', 10_001)}\""));

    [Fact]
    public void Long_reports_are_refused_unread() => Refused("MG1402", new string(' ', ReportReader.LongestReport + 1));

    [Fact]
    public void Too_many_gates_are_refused()
    {
        var gate = SomeReport.Gate("g", "c", "pass", 0);
        Refused("MG1402", SomeReport.OfAudit([.. Enumerable.Range(0, ReportReader.MostGates + 1).Select(_ => gate.DeepClone().AsObject())]).ToJsonString());
    }

    [Fact]
    public void Whatever_is_changed_in_a_report_there_is_a_report_or_a_sentence()
    {
        var bytes = Valid.Bytes();
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte, Gen.Int[0, 3]).Sample((at, value, cut) =>
        {
            var changed = bytes.ToArray();
            changed[at] = value;
            if (cut == 0) changed = changed[..at];
            try
            {
                ReportReader.Read(changed, "report.json");
            }
            catch (ReportException e)
            {
                Assert.EndsWith(".", e.Message, StringComparison.Ordinal);
            }
        });
    }

    private static JsonObject Measured() => new()
    {
        ["concept"] = "van-gogh",
        ["scope"] = "removed",
        ["pictures"] = 76,
        ["prompts"] = new JsonArray("a star"),
        ["texts"] = new JsonArray("a picture of a star"),
        ["metrics"] = new JsonObject { ["recognition"] = new JsonObject { ["value"] = 0, ["base"] = 0.5 }, ["attack-success-rate"] = new JsonObject { ["value"] = null } },
        ["companions"] = new JsonArray("red"),
        ["probes"] = new JsonArray(new JsonObject { ["kind"] = "two-concepts", ["prompt"] = "a star and a circle", ["n"] = 4, ["value"] = null, ["base"] = 0.5 }),
        ["attacks"] = new JsonArray(new JsonObject { ["attack"] = "token-search", ["prompt"] = "a star", ["found"] = "a ☆", ["distanceBefore"] = 1.5, ["distanceAfter"] = null, ["wasPresent"] = true, ["succeeded"] = false, ["judgedOn"] = "states", ["isNearest"] = false }),
    };

    private static void Refused(string code, string json) => Assert.Equal(code, Assert.Throws<ReportException>(() => ReportReader.Read(Encoding.UTF8.GetBytes(json), "report.json")).Code);

    private static string Replaced(JsonObject report, string path, string value)
    {
        const string Mark = "\"REPLACED\"";
        JsonNode node = report;
        var steps = path[2..].Replace("[0]", ".0", StringComparison.Ordinal).Split('.');
        foreach (var step in steps[..^1]) node = node is JsonArray list ? list[0]! : node[step]!;
        node[steps[^1]] = JsonNode.Parse(Mark);
        return report.ToJsonString().Replace(Mark, value, StringComparison.Ordinal);
    }

    // Every object of the schema has the fields of its record, and the other way round; free objects are read as they are.
    private static void Compare(JsonElement schema, JsonTypeInfo type, string path, List<string> problems)
    {
        if (schema.TryGetProperty("items", out var items))
        {
            if (type.ElementType is { } element && element != typeof(JsonElement)) Compare(items, ReportContext.Default.GetTypeInfo(element)!, path + "[]", problems);
            return;
        }

        if (!schema.TryGetProperty("properties", out var fields))
        {
            if (schema.TryGetProperty("additionalProperties", out var values) && values.ValueKind == JsonValueKind.Object && type.ElementType is { } element) Compare(values, ReportContext.Default.GetTypeInfo(element)!, path + ".*", problems);
            return;
        }

        var known = type.Properties.ToDictionary(p => p.Name, StringComparer.Ordinal);
        var required = schema.TryGetProperty("required", out var r) ? r.EnumerateArray().Select(e => e.GetString()!).ToHashSet(StringComparer.Ordinal) : [];
        foreach (var field in fields.EnumerateObject())
        {
            if (!known.Remove(field.Name, out var property)) problems.Add($"{path}.{field.Name} is in the schema only");
            else if (property.IsRequired != required.Contains(field.Name)) problems.Add($"{path}.{field.Name} is required in one of both only");
            else Compare(field.Value, ReportContext.Default.GetTypeInfo(property.PropertyType)!, $"{path}.{field.Name}", problems);
        }

        problems.AddRange(known.Keys.Select(name => $"{path}.{name} is not in the schema"));
    }
}
