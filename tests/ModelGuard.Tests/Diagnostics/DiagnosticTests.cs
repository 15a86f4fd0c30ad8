using CsCheck;
using ModelGuard.Diagnostics;

namespace ModelGuard.Tests.Diagnostics;

public sealed class DiagnosticTests
{
    [Fact]
    public void A_finding_has_the_form_that_msbuild_reads()
    {
        Assert.Equal("a/policy.yaml(12,3): error MG0110: No.", new Diagnostic("MG0110", DiagnosticSeverity.Error, new SourceLocation("a/policy.yaml", 12, 3), "No.").ToString());
        Assert.Equal("modelguard: warning MG1301: Hm.", new Diagnostic("MG1301", DiagnosticSeverity.Warning, null, "Hm.").ToString());
    }

    [Fact]
    public void No_name_and_no_message_starts_a_line_of_its_own()
    {
        var evil = Gen.OneOfConst("\r\n", "\n", "\r", "\u0085", "\u2028", "\u2029", "\f", "x", " ", "policy.yaml(1,1): error MG1201: forged").Array[0, 8].Select(string.Concat);
        Gen.Select(evil, evil, Gen.Bool).Sample((path, message, hasPlace) =>
        {
            var text = new Diagnostic("MG1201", DiagnosticSeverity.Error, hasPlace ? new SourceLocation(path, 1, 2) : null, message).ToString();

            Assert.Single(text.ReplaceLineEndings("\n").Split('\n'));
            Assert.Contains(": error MG1201: ", text, StringComparison.Ordinal);
        });
    }
}
