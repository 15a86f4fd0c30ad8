using CsCheck;
using ModelGuard.Diagnostics;
using ModelGuard.MSBuild;

namespace ModelGuard.Cli.Tests.Build;

public sealed class ToolDiagnosticTests
{
    [Theory]
    [InlineData("reconstruction error: 0.012")]
    [InlineData("mean squared error : 0.5")]
    [InlineData("policy.yaml(3,5): error CS0001: no code of ours")]
    [InlineData("policy.yaml(3,5): note MG0101: no severity of ours")]
    [InlineData("policy.yaml: error MG0101: no place")]
    [InlineData("  modelguard: error MG0101: indented")]
    [InlineData("modelguard: error MG01011: five digits")]
    [InlineData("policy.yaml(9999999999,1): error MG0101: no line that can be")]
    [InlineData("")]
    public void A_line_of_any_other_form_is_no_diagnostic(string line) => Assert.Null(ToolDiagnostic.Parse(line));

    [Fact]
    public void A_finding_without_a_place_has_none()
    {
        var parsed = ToolDiagnostic.Parse("modelguard: warning MG0210: 'a.bin' is not read: pickle.");

        Assert.NotNull(parsed);
        Assert.Null(parsed.File);
        Assert.Equal(("MG0210", "'a.bin' is not read: pickle.", false), (parsed.Code, parsed.Message, parsed.IsError));
    }

    [Fact]
    public void What_the_tool_writes_is_read_back() =>
        Gen.Select(
            Gen.OneOfConst("policy.yaml", "/a b/ü (1,2)/p.yaml", @"C:\models\policy (2).yaml"),
            Gen.Int[1, 999_999],
            Gen.Int[1, 999_999],
            Gen.Int[0, 9999],
            Gen.Bool,
            Gen.OneOf(Gen.OneOfConst("'x.yaml(1,2): error MG0101: y'", ": ", "(3,4)"), Gen.Char['\u0020', '\u007e'].Select(c => c.ToString())).Array[0, 40].Select(string.Concat))
        .Sample((file, line, column, code, isError, message) =>
        {
            var written = new Diagnostic($"MG{code:0000}", isError ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning, new SourceLocation(file, line, column), message).ToString();

            var read = ToolDiagnostic.Parse(written);

            Assert.NotNull(read);
            Assert.Equal((file, line, column, $"MG{code:0000}", isError, message), (read.File, read.Line, read.Column, read.Code, read.IsError, read.Message));
        });

    [Fact]
    public void No_text_makes_it_throw_or_hang()
    {
        Gen.OneOf(Gen.OneOfConst("(1,2): error MG0101: ", "(", ",", ")", ": error ", ": warning ", "MG1201", "modelguard", "\n", "\r", "9"), Gen.String[0, 20])
            .Array[0, 40].Select(string.Concat)
            .Sample(text => _ = ToolDiagnostic.Parse(text));
        Assert.NotNull(ToolDiagnostic.Parse(string.Concat(Enumerable.Repeat("(1,1)", 20_000)) + "(1,2): error MG0101: x."));
        Assert.Null(ToolDiagnostic.Parse(string.Concat(Enumerable.Repeat("(1,1): error MG0101", 20_000))));
    }
}
