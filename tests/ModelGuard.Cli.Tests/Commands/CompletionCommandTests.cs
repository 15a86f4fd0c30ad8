using ModelGuard.Cli.Commands;

namespace ModelGuard.Cli.Tests.Commands;

public sealed class CompletionCommandTests
{
    [Theory]
    [InlineData("modelguard con", "convert")]
    [InlineData("modelguard sign model --priv", "--private-key")]
    [InlineData("modelguard report r.json --format sa", "sarif")]
    [InlineData("modelguard keygen --curve p", "p256,p384,p521")]
    [InlineData("modelguard edit policy.yaml --no-such", "")]
    public async Task Bash_completes_what_may_stand_next(string line, string expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no bash.");
        var script = $$"""
            set -euo pipefail
            modelguard() { '{{Tool.Executable}}' "$@"; }
            source <(modelguard completion bash)
            [[ "$(complete -p modelguard)" == *"-F _modelguard modelguard" ]]
            COMP_LINE='{{line}}'
            COMP_POINT=${#COMP_LINE}
            _modelguard
            printf '%s\n' "${COMPREPLY[@]-}"
            """;

        var finished = await ChildProcess.RunAsync("bash", ["-c", script], null, Tool.OneThread);

        Assert.True(finished.ExitCode == 0, finished.All);
        Assert.Equal(expected, string.Join(',', finished.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public async Task Every_shell_has_a_script_that_asks_the_tool()
    {
        foreach (var shell in CompletionCommand.Shells)
        {
            var result = await Tool.RunAsync("completion", shell);
            Assert.True(result.ExitCode == 0, result.All);
            Assert.StartsWith("# Completion for ", result.Output, StringComparison.Ordinal);
            Assert.Contains("modelguard \"[suggest:", result.Output, StringComparison.Ordinal);
        }
    }
}
