using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using ModelGuard.Attestations;
using ModelGuard.Attestations.InToto;
using ModelGuard.Reports;

namespace ModelGuard.Tests.Reports;

/// <summary>Whoever changes a report, or has another statement signed about it, is caught, whichever field it is.</summary>
public sealed class ForgedReportTests
{
    private static readonly ReportFile Original = SomeReport.File();

    [Fact]
    public void The_original_holds() => Verify(Original.Bytes.ToArray());

    [Fact]
    public void Every_field_of_the_schema_is_in_the_report_that_is_forged_here()
    {
        var schema = JsonNode.Parse(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "schemas", "report-v1.schema.json")))!;
        var inReport = Paths(JsonNode.Parse(Original.Bytes.Span)!, "").Select(p => System.Text.RegularExpressions.Regex.Replace(p, @"\.\d+(?=\.|$)|(?<=metrics)\.[^.]+", "", System.Text.RegularExpressions.RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))).ToHashSet(StringComparer.Ordinal);

        Assert.Equal([], Fields(schema, "").Except(inReport, StringComparer.Ordinal), StringComparer.Ordinal);
    }

    [Fact]
    public void A_change_of_any_field_is_caught()
    {
        var paths = Paths(JsonNode.Parse(Original.Bytes.Span)!, "").ToArray();
        Assert.True(paths.Length > 100);

        foreach (var path in paths)
        {
            foreach (var change in new Func<JsonNode, bool>[] { n => Replace(n, path), n => Remove(n, path), n => Double(n, path) })
            {
                var forged = JsonNode.Parse(Original.Bytes.Span)!;
                if (!change(forged)) continue;
                var error = Assert.ThrowsAny<AttestationException>(() => Verify(Encoding.UTF8.GetBytes(forged.ToJsonString())));
                Assert.True(error.DoesNotHold);
                Assert.True(error.Code is "MG2018" or "MG2019" or "MG2021", $"{path}: {error.Code}");
            }
        }
    }

    [Fact]
    public void A_change_of_any_byte_is_caught() => Gen.Select(Gen.Int[0, Original.Bytes.Length - 1], Gen.Byte, Gen.Int[0, 20]).Sample((at, value, extra) =>
    {
        byte[] forged = [.. Original.Bytes.ToArray(), .. new byte[extra]];
        forged.AsSpan(Original.Bytes.Length).Fill((byte)' ');
        forged[at] = value;
        if (forged.AsSpan().SequenceEqual(Original.Bytes.Span)) return;
        Assert.True(Assert.ThrowsAny<AttestationException>(() => Verify(forged)).DoesNotHold);
    });

    [Fact]
    public void A_signed_statement_that_says_something_else_in_any_field_is_caught()
    {
        var statements = ReportStatements.Create(Original);
        for (var i = 0; i < statements.Length; i++)
        {
            var text = JsonNode.Parse(statements[i].ToJson())!;
            foreach (var path in Paths(text["predicate"]!, ".predicate"))
            {
                var forged = text.DeepClone();
                if (!Replace(forged, path)) continue;
                var signed = statements.SetItem(i, Statement.Read(Encoding.UTF8.GetBytes(forged.ToJsonString()), "statements"));
                Assert.Equal("MG2020", Assert.Throws<AttestationException>(() => ReportEvidence.RequireSigned(Original, signed, "statements")).Code);
            }

            Assert.Equal("MG2019", Assert.Throws<AttestationException>(() => ReportEvidence.RequireSigned(Original, statements.RemoveAt(i), "statements")).Code);
        }
    }

    [Fact]
    public void Statements_about_another_model_or_report_do_not_speak_for_this_one()
    {
        var statements = ReportStatements.Create(Original);
        foreach (var at in new[] { 0, 1 })
        {
            var other = statements[0] with { Subjects = statements[0].Subjects.SetItem(at, new Subject("x", new string('0', 64))) };
            Assert.Equal("MG2019", Assert.Throws<AttestationException>(() => ReportEvidence.RequireSigned(Original, statements.SetItem(0, other), "statements")).Code);
        }
    }

    [Fact]
    public void Another_models_report_is_caught_even_where_it_was_signed()
    {
        var error = Assert.Throws<AttestationException>(() => ReportEvidence.RequireAbout(Original, "sha256:" + new string('9', 64)));

        Assert.Equal($"'modelguard-report.json' is about a model with the root digest {SomeReport.ModelDigest}; this one has sha256:{new string('9', 64)}. Take the report of this model, or the model of this report.", error.Message);
    }

    [Theory]
    [InlineData("audit.verdict", "\"pass\"", "its verdict is 'pass', but its gates make 'waived'")]
    [InlineData("audit.gates.0.verdict", "\"fail\"", "the verdict of gate 'gone' on 'star' is 'fail', but its numbers make 'pass'")]
    [InlineData("audit.gates.0.high", "0.75", "the verdict of gate 'gone' on 'star' is 'pass', but its numbers make 'inconclusive'")]
    [InlineData("audit.gates.0.low", "null", "the verdict of gate 'gone' on 'star' is 'pass', but its numbers make 'inconclusive'")]
    [InlineData("audit.gates.3.verdict", "\"pass\"", "the verdict of gate 'kept' on 'star' is 'pass', but its numbers make 'fail'")]
    [InlineData("audit.gates.3.severity", "\"high\"", "its verdict is 'waived', but its gates make 'fail'")]
    [InlineData("audit.gates.2.limitValue", "0.5", "the verdict of gate 'updated' on 'star' is 'inconclusive', but its numbers make 'pass'")]
    [InlineData("audit.waivers", "[]", "the verdict of gate 'lower' on 'star' is 'waived', but its numbers make 'fail' and no waiver covers it")]
    [InlineData("audit.summary.pass", "2", "its summary does not count 1 gate(s) with the verdict 'pass'")]
    [InlineData("audit.failOn", "\"low\"", "its verdict is 'waived', but its gates make 'fail'")]
    public void A_verdict_that_does_not_follow_is_caught_even_without_a_signature(string path, string value, string expected)
    {
        var forged = JsonNode.Parse(Original.Bytes.Span)!;
        Set(forged, path, JsonNode.Parse(value));

        var error = Assert.Throws<AttestationException>(() => ReportEvidence.RequireAbout(ReportFile.Read("report.json", Encoding.UTF8.GetBytes(forged.ToJsonString())), SomeReport.ModelDigest));

        Assert.Equal(("MG2021", $"'report.json' contradicts itself: {expected}. It was changed after the tool wrote it; take the original, or audit again."), (error.Code, error.Message));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"schemaVersion\":\"2.0\"}")]
    public void What_is_no_report_is_refused(string text) => Assert.Equal("MG2021", Assert.Throws<AttestationException>(() => ReportFile.Read("r", Encoding.UTF8.GetBytes(text))).Code);

    [Fact]
    public void Half_of_a_surrogate_pair_in_what_statements_repeat_is_refused()
    {
        var forged = JsonNode.Parse(Original.Bytes.Span)!;
        Set(forged, "environment.device", "half");
        var text = forged.ToJsonString().Replace("\"half\"", "\"\\udc00\"", StringComparison.Ordinal);

        var error = Assert.Throws<AttestationException>(() => ReportFile.Read("r", Encoding.UTF8.GetBytes(text)));

        Assert.Equal(("MG2021", true), (error.Code, error.DoesNotHold));
    }

    [Fact]
    public void Another_policy_or_base_is_told()
    {
        Assert.Equal("MG2022", Assert.Throws<AttestationException>(() => ReportEvidence.RequirePolicy(Original, new PolicyReference("p", "sha256:00"))).Code);
        Assert.Equal("MG2022", Assert.Throws<AttestationException>(() => ReportEvidence.RequireBase(Original, new ModelReference("b", "sha256:00"))).Code);
        ReportEvidence.RequirePolicy(Original, new PolicyReference("p", "sha256:" + SomeReport.PolicyHex));
    }

    private static void Verify(byte[] report)
    {
        var file = ReportFile.Read(EditReport.FileName, report);
        ReportEvidence.RequireAbout(file, SomeReport.ModelDigest);
        ReportEvidence.RequireSigned(file, ReportStatements.Create(Original), "statements");
    }

    private static IEnumerable<string> Paths(JsonNode? node, string path)
    {
        var below = node switch
        {
            JsonObject o => o.SelectMany(p => Paths(p.Value, $"{path}.{p.Key}")),
            JsonArray a => a.SelectMany((n, i) => Paths(n, FormattableString.Invariant($"{path}.{i}"))),
            _ => [],
        };
        return path.Length > 0 ? below.Prepend(path) : below;
    }

    // What a schema says to be possible, as paths without the numbers of lists.
    private static IEnumerable<string> Fields(JsonNode schema, string path) =>
        (schema["properties"]?.AsObject().SelectMany(p => Fields(p.Value!, $"{path}.{p.Key}").Prepend($"{path}.{p.Key}")) ?? [])
        .Concat(schema["items"] is { } items ? Fields(items, path) : [])
        .Concat(schema["additionalProperties"] is JsonObject more ? Fields(more, path) : []);

    private static (JsonNode Parent, string Key) Parent(JsonNode root, string path)
    {
        var parts = path.Trim('.').Split('.');
        return (parts[..^1].Aggregate(root, (n, key) => n is JsonArray a ? a[Index(key)]! : n[key]!), parts[^1]);
    }

    private static int Index(string key) => int.Parse(key, System.Globalization.CultureInfo.InvariantCulture);

    private static void Set(JsonNode root, string path, JsonNode? value)
    {
        var (parent, key) = Parent(root, path);
        if (parent is JsonArray list) list[Index(key)] = value;
        else parent[key] = value;
    }

    private static bool Replace(JsonNode root, string path)
    {
        var (parent, key) = Parent(root, path);
        var value = parent is JsonArray list ? list[Index(key)] : parent[key];
        if (value is JsonObject or JsonArray) return false;
        Set(root, path, value?.GetValueKind() switch
        {
            System.Text.Json.JsonValueKind.Number => value.GetValue<double>() + 1,
            System.Text.Json.JsonValueKind.String => value.GetValue<string>() + "x",
            _ => 1,
        });
        return true;
    }

    private static bool Remove(JsonNode root, string path)
    {
        var (parent, key) = Parent(root, path);
        if (parent is JsonArray list) list.RemoveAt(Index(key));
        else parent.AsObject().Remove(key);
        return true;
    }

    private static bool Double(JsonNode root, string path)
    {
        var (parent, key) = Parent(root, path);
        if (parent is not JsonArray list) return false;
        list.Add(list[Index(key)]?.DeepClone());
        return true;
    }
}
