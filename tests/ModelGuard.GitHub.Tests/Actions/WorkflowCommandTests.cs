using System.Globalization;
using CsCheck;
using ModelGuard.GitHub.Actions;

namespace ModelGuard.GitHub.Tests.Actions;

public sealed class WorkflowCommandTests
{
    [Fact]
    public void An_annotation_looks_like_this() => Assert.Equal(
        "::error file=policies/a%2Cb.yaml,line=26,col=5,title=ModelGuard%3A gone::'Artist A' is still there: 100%25 of it.%0ASecond line",
        WorkflowCommand.Of(new Annotation(AnnotationLevel.Error, new AnnotationPlace("policies/a,b.yaml", 26, 5), "ModelGuard: gone", "'Artist A' is still there: 100% of it.\nSecond line")));

    [Fact]
    public void Without_a_place_it_has_a_title_alone() => Assert.Equal("::notice title=a::b", WorkflowCommand.Of(new Annotation(AnnotationLevel.Notice, null, "a", "b")));

    // As the runner reads a command: https://github.com/actions/runner, src/Runner.Common/ActionCommand.cs.
    [Fact]
    public void The_runner_reads_back_any_text_and_one_command_alone() => Gen.Select(Gen.String, Gen.String, Gen.String).Where(t => t.Item1.Length > 0).Sample((path, title, message) =>
    {
        var line = WorkflowCommand.Of(new Annotation(AnnotationLevel.Warning, new AnnotationPlace(path, 1, 1), title, message));

        Assert.DoesNotContain('\n', line);
        Assert.DoesNotContain('\r', line);
        var end = line.IndexOf("::", 2, StringComparison.Ordinal);
        var properties = line["::warning ".Length..end].Split(',').Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => Unescape(p[1]), StringComparer.Ordinal);
        Assert.Equal(new[] { path, title, message }, new[] { properties["file"], properties["title"], Unescape(line[(end + 2)..]) }, StringComparer.Ordinal);
    });

    [Fact]
    public void An_output_stands_between_delimiters_that_are_new_each_time()
    {
        var (one, other) = (StepOutputs.Of("verdict", "pass"), StepOutputs.Of("verdict", "pass"));

        Assert.NotEqual(one, other, StringComparer.Ordinal);
        Assert.Equal("verdict<<END\npass\nEND\n", StepOutputs.Of("verdict", "pass", "END"));
        Assert.Matches(string.Create(CultureInfo.InvariantCulture, $"^verdict<<(modelguard-[0-9a-f]{{32}})\npass\n\\1\n$"), one);
    }

    private static string Unescape(string text) => text.Replace("%2C", ",", StringComparison.Ordinal).Replace("%3A", ":", StringComparison.Ordinal).Replace("%0A", "\n", StringComparison.Ordinal).Replace("%0D", "\r", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal);
}
