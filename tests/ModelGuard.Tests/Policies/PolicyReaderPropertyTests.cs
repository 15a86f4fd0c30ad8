using CsCheck;
using ModelGuard.Policies;

namespace ModelGuard.Tests.Policies;

/// <summary>Whatever the text, there is a policy or an error with a place in the text, and never an exception.</summary>
public sealed class PolicyReaderPropertyTests
{
    private static readonly string Sample = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "policies", "shapes.yaml"));

    // Characters that mean something in YAML, and some that mean trouble.
    private static readonly Gen<char> Troublesome = Gen.Char["&*!|>'\"%@`{}[],:#?-~ \n\r\t\0\\abz019._\u0085\u2028\uFEFFé😀"];

    private static readonly Gen<string> Fragment = Gen.OneOf(
        Troublesome.Array[1, 8].Select(c => new string(c)),
        Gen.OneOfConst("---\n", "...\n", "%YAML 1.2\n", "%TAG ! x\n", "&a ", "*a", "!!str ", "<<: *a\n", "? ", ": ", "\"\\uD800\"", "\"\\U00110000\"", "\"\\x", "|2-\n", ">+\n", "version: 1\n", "\n\n", "  - ", "null", "1e999", "[[[[[[[[[[[[[[[["));

    [Fact]
    public void Changes_of_the_sample_policy_give_a_policy_or_errors_in_the_file() =>
        Gen.Select(Gen.Int[0, Sample.Length], Gen.Int[0, 30], Fragment).Array[1, 4].Sample(
            changes =>
            {
                var text = Sample;
                foreach (var (start, length, inserted) in changes)
                {
                    var from = Math.Min(start, text.Length);
                    text = text[..from] + inserted + text[Math.Min(from + length, text.Length)..];
                }

                AssertPolicyOrErrors(text);
            },
            iter: 600);

    [Fact]
    public void Lines_of_the_sample_policy_in_disorder_give_a_policy_or_errors_in_the_file()
    {
        var lines = Sample.Split('\n');
        Gen.Int[0, lines.Length - 1].Array[0, 60].Sample(picks => AssertPolicyOrErrors(string.Join('\n', picks.Select(p => lines[p]))), iter: 400);
    }

    [Fact]
    public void Any_text_gives_a_policy_or_errors_in_the_file() =>
        Gen.OneOf(Fragment.Array[0, 20].Select(string.Concat), Gen.String[Gen.Char, 0, 60]).Sample(AssertPolicyOrErrors, iter: 2000);

    private static void AssertPolicyOrErrors(string text)
    {
        var result = PolicyReader.Parse(text, "policy.yaml");

        Assert.Equal(result.Policy is null, !result.Diagnostics.IsEmpty);
        // YAML breaks lines at these.
        var lines = text.TrimStart('\uFEFF').Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n', '\r', '\u0085', '\u2028', '\u2029');
        foreach (var diagnostic in result.Diagnostics)
        {
            var (line, column) = (diagnostic.Location!.Line, diagnostic.Location.Column);
            Assert.InRange(line, 1, lines.Length);
            Assert.InRange(column, 1, lines[line - 1].Length + 1);
            Assert.NotEmpty(diagnostic.Message);
            Assert.DoesNotContain(diagnostic.ToString(), c => c is '\r' or '\n' or '\u0085' or '\u2028' or '\u2029');
        }

        Assert.Equal(result.Diagnostics.Select(d => (d.Location!.Line, d.Location.Column)).Order(), result.Diagnostics.Select(d => (d.Location!.Line, d.Location.Column)));
    }
}
