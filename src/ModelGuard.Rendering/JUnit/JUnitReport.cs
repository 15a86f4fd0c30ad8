using System.Globalization;
using System.Text;
using System.Xml;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.JUnit;

/// <summary>
/// Gates as test cases, in the form that Ant's JUnit task wrote first and CI services read: one suite for the model, one case for each gate and
/// concept. A failure is a <c>failure</c>, an undecided gate an <c>error</c>, a waived or uncounted failure <c>skipped</c>.
/// </summary>
public static class JUnitReport
{
    /// <summary>Renders the audit of a report.</summary>
    /// <returns>UTF-8 with a final newline.</returns>
    /// <exception cref="ReportException">MG1403: the report holds no audit.</exception>
    public static byte[] Render(ReportView report)
    {
        var audit = report.Audit ?? throw new ReportException("MG1403", $"The report of '{report.Model.Output.Name}' holds no audit, so there are no test cases. Audit the model first: modelguard audit.");
        var cases = audit.Gates.Select(g => Case(audit, g)).ToArray();
        // A suite without cases would be shown as one that passed.
        if (cases.Length == 0) cases = [new TestCase("audit", "gates", Outcome.Error, "Nothing was judged.", "The audit holds no gate results.")];
        using var stream = new MemoryStream();
        using (var xml = XmlWriter.Create(stream, new XmlWriterSettings { Indent = true, NewLineChars = "\n", Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) }))
        {
            xml.WriteStartElement("testsuites");
            xml.WriteAttributeString("name", "ModelGuard");
            WriteCounts(xml, report, cases);
            xml.WriteStartElement("testsuite");
            xml.WriteAttributeString("name", UntrustedText.Inert(report.Model.Output.Name, 200));
            WriteCounts(xml, report, cases);
            xml.WriteAttributeString("timestamp", (report.Run?.StartedAt ?? DateTimeOffset.UnixEpoch).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture));
            WriteProperties(xml, report, audit);
            foreach (var test in cases) WriteCase(xml, test);
            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private static TestCase Case(AuditView audit, GateView gate)
    {
        var counts = GateText.Counts(audit, gate);
        var (outcome, message) = gate.Verdict switch
        {
            VerdictWord.Pass => (Outcome.Passed, ""),
            VerdictWord.Waived => (Outcome.Skipped, "Waived."),
            _ when !counts => (Outcome.Skipped, $"{Words.Of(gate.Verdict)}, and does not count: the severity is {Words.Of(gate.Severity)}, and failOn is {Words.Of(audit.FailOn)}."),
            VerdictWord.Inconclusive => (Outcome.Error, "Inconclusive."),
            _ => (Outcome.Failure, string.Create(CultureInfo.InvariantCulture, $"{GateText.Number(gate.Statistic)} ({GateText.Interval(gate)}); the limit is {GateText.Limit(gate)}.")),
        };
        return new TestCase(UntrustedText.Inert(gate.DisplayName, 200), UntrustedText.Inert($"{gate.Gate} ({gate.Metric})", 200), outcome, message, UntrustedText.Inert(GateText.Finding(audit, gate), 1000));
    }

    private static void WriteCounts(XmlWriter xml, ReportView report, TestCase[] cases)
    {
        xml.WriteAttributeString("tests", Number(cases.Length));
        xml.WriteAttributeString("failures", Number(cases.Count(c => c.Outcome == Outcome.Failure)));
        xml.WriteAttributeString("errors", Number(cases.Count(c => c.Outcome == Outcome.Error)));
        xml.WriteAttributeString("skipped", Number(cases.Count(c => c.Outcome == Outcome.Skipped)));
        xml.WriteAttributeString("time", ((report.Run?.DurationMs ?? 0) / 1000).ToString("0.000", CultureInfo.InvariantCulture));

        static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
    }

    private static void WriteProperties(XmlWriter xml, ReportView report, AuditView audit)
    {
        xml.WriteStartElement("properties");
        foreach (var (name, value) in new[] { ("verdict", Words.Of(audit.Verdict)), ("policy", report.Policy.Digest), ("base", report.Model.Base.Digest), ("model", report.Model.Output.Digest), ("tool", UntrustedText.Inert(report.Tool.Version, 100)) })
        {
            xml.WriteStartElement("property");
            xml.WriteAttributeString("name", name);
            xml.WriteAttributeString("value", value);
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void WriteCase(XmlWriter xml, TestCase test)
    {
        xml.WriteStartElement("testcase");
        xml.WriteAttributeString("classname", test.Concept);
        xml.WriteAttributeString("name", test.Gate);
        // Pictures are made for all gates of a concept at once: a gate has no time of its own.
        xml.WriteAttributeString("time", "0.000");
        if (test.Outcome != Outcome.Passed)
        {
            xml.WriteStartElement(test.Outcome switch { Outcome.Failure => "failure", Outcome.Error => "error", _ => "skipped" });
            xml.WriteAttributeString("message", test.Message);
            if (test.Outcome != Outcome.Skipped) xml.WriteAttributeString("type", test.Outcome == Outcome.Failure ? "MG1201" : "MG1202");
            xml.WriteString(test.Finding);
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private sealed record TestCase(string Concept, string Gate, Outcome Outcome, string Message, string Finding);

    private enum Outcome
    {
        Passed,
        Failure,
        Error,
        Skipped,
    }
}
