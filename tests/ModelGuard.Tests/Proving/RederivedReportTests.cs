using System.Text;
using System.Text.Json.Nodes;
using ModelGuard.Attestations;
using ModelGuard.Proving;
using ModelGuard.Reports;
using ModelGuard.Tests.Reports;

namespace ModelGuard.Tests.Proving;

/// <summary>A report says what comes out when its edit is solved again, in every field that the edit decides.</summary>
public sealed class RederivedReportTests
{
    // Nothing is compared with digests by a method that is not known: such a report is not read.
    private const string Method = "model.serialization.method";

    private static readonly string[] Decided = ["policy", "model", "edit"];
    private static readonly string[] Free = ["policy.name", "model.base.name", "model.output.name"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_original_holds_under_any_name(bool isExact)
    {
        Require(SomeReport.File().Bytes.ToArray(), isExact);
        Require(Changed("model.output.name", _ => "renamed"), isExact);
        Require(Changed("policy.name", _ => "renamed.yaml"), isExact);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_change_of_any_field_is_told_with_its_place(bool isExact)
    {
        var paths = Decided.SelectMany(part => Leaves(JsonNode.Parse(SomeReport.File().Bytes.Span)![part]!, part)).Except([.. Free, Method], StringComparer.Ordinal).ToArray();
        Assert.True(paths.Length > 40);

        foreach (var path in paths)
        {
            var error = Assert.Throws<AttestationException>(() => Require(Changed(path, Other), isExact));
            Assert.Equal(("MG2025", true), (error.Code, error.DoesNotHold));
            Assert.Contains($"for '{path}'; solving the edit again gives ", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_report_by_a_method_that_is_not_known_is_not_read() => Assert.Equal("MG2021", Assert.Throws<AttestationException>(() => Require(Changed(Method, Other), isExact: true)).Code);

    [Fact]
    public void What_is_missing_or_too_much_is_told()
    {
        Told("edit.lambda", n => n.AsObject().Remove("lambda"), "'modelguard-report.json' says nothing for 'edit.lambda'; solving the edit again gives '0.01'.");
        Told("edit.more", n => n.AsObject().Add("more", "x"), "'modelguard-report.json' says 'x' for 'edit.more'; solving the edit again gives nothing.");
        Told("edit.tensors", n => n["tensors"]!.AsArray().Clear(), "'modelguard-report.json' says '[]' for 'edit.tensors'; solving the edit again gives '[");

        static void Told(string path, Action<JsonNode> change, string expected)
        {
            var report = JsonNode.Parse(SomeReport.File().Bytes.Span)!;
            change(report["edit"]!);
            var error = Assert.Throws<AttestationException>(() => Require(Encoding.UTF8.GetBytes(report.ToJsonString()), isExact: true));
            Assert.True(error.Message.StartsWith(expected, StringComparison.Ordinal), $"{path}: {error.Message}");
        }
    }

    [Fact]
    public void Reports_of_earlier_versions_lack_what_is_new_and_hold()
    {
        var report = JsonNode.Parse(SomeReport.File().Bytes.Span)!;
        report["edit"]!.AsObject().Remove("fingerprint");
        report["edit"]!["tensors"]![0]!.AsObject().Remove("rederivationBound");

        Require(Encoding.UTF8.GetBytes(report.ToJsonString()), isExact: true);
    }

    [Fact]
    public void On_another_machine_last_digits_may_differ_and_no_more()
    {
        Require(Changed("edit.tensors[0].frobeniusDelta", n => n.GetValue<double>() * 1.0001), isExact: false);
        Require(Changed("edit.fingerprint.encoders[0].edited[0][3]", n => n.GetValue<double>() + 0.0001), isExact: false);
        Assert.Throws<AttestationException>(() => Require(Changed("edit.tensors[0].frobeniusDelta", n => n.GetValue<double>() * 1.0001), isExact: true));
        Assert.Throws<AttestationException>(() => Require(Changed("edit.tensors[0].frobeniusDelta", n => n.GetValue<double>() * 1.01), isExact: false));
        Assert.Throws<AttestationException>(() => Require(Changed("edit.tensors[0].constraints", n => n.GetValue<int>() + 1), isExact: false));
    }

    private static void Require(byte[] report, bool isExact) => RederivedReport.Require(ReportFile.Read(EditReport.FileName, report), SomeReport.Create() with { Audit = null, Run = null }, isExact);

    private static byte[] Changed(string path, Func<JsonNode, JsonNode> change)
    {
        var report = JsonNode.Parse(SomeReport.File().Bytes.Span)!;
        string[] keys = path.Replace("[", ".[", StringComparison.Ordinal).Split('.');
        var parent = keys[..^1].Aggregate(report, (n, key) => Index(key) is { } i ? n[i]! : n[key]!);
        if (Index(keys[^1]) is { } last) parent[last] = change(parent[last]!);
        else parent[keys[^1]] = change(parent[keys[^1]]!);
        return Encoding.UTF8.GetBytes(report.ToJsonString());
    }

    private static int? Index(string key) => key.StartsWith('[') ? int.Parse(key[1..^1], System.Globalization.CultureInfo.InvariantCulture) : null;

    private static JsonNode Other(JsonNode value) => value.GetValueKind() switch
    {
        System.Text.Json.JsonValueKind.Number when value.AsValue().TryGetValue<int>(out var count) => count + 1,
        System.Text.Json.JsonValueKind.Number => (value.GetValue<double>() * 1.5) + 1,
        System.Text.Json.JsonValueKind.String => value.GetValue<string>() + "x",
        var kind => kind != System.Text.Json.JsonValueKind.True,
    };

    private static IEnumerable<string> Leaves(JsonNode node, string path) => node switch
    {
        JsonObject o => o.SelectMany(p => Leaves(p.Value!, $"{path}.{p.Key}")),
        JsonArray a => a.SelectMany((n, i) => Leaves(n!, FormattableString.Invariant($"{path}[{i}]"))),
        _ => [path],
    };
}
