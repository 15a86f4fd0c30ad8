namespace ModelGuard.Cli.Tests;

public sealed class UsageTests
{
    [Theory]
    [InlineData("Required command was not provided.", "'modelguard --help'")]
    [InlineData("'bogus'", "'modelguard --help'", "bogus")]
    [InlineData("'--bogus' is no option of this command.", "'modelguard check --help'", "check", "--bogus")]
    [InlineData("'two'", "'modelguard check --help'", "check", "one", "two")]
    [InlineData("'--prompt' is required", "'modelguard generate --help'", "generate", "--model", "m", "-o", "a.png")]
    [InlineData("'--output'", "'modelguard edit --help'", "edit", "--output")]
    [InlineData("'many' is no whole number in its range; '--threads' takes one.", "'modelguard edit --help'", "edit", "--threads", "many")]
    [InlineData("'99999999999' is no whole number in its range; '--threads' takes one.", "'modelguard edit --help'", "edit", "--threads", "99999999999")]
    [InlineData("'7,5' is no number; '--guidance-scale' takes one.", "'modelguard generate --help'", "generate", "--model", "m", "--prompt", "a", "-o", "a.png", "--guidance-scale", "7,5")]
    [InlineData("'magic'", "'modelguard generate --help'", "generate", "--model", "m", "--prompt", "a", "-o", "a.png", "--scheduler", "magic")]
    [InlineData("'everything' is no part of verify; --only takes signature, digest, edit, fingerprint and gates, separated by commas.", "'modelguard verify --help'", "verify", "--only", "signature,everything")]
    [InlineData("is a folder; edit and gates need a policy.", "'modelguard verify --help'", "verify", ".", "--only", "digest,gates")]
    [InlineData("Required argument 'MODEL' missing for command: 'init'.", "'modelguard init --help'", "init")]
    [InlineData("'--private-key' is required", "'modelguard sign --help'", "sign", "model")]
    [InlineData("'--shard-size' needs '--serialization shards'.", "'modelguard sign --help'", "sign", "model", "--private-key", "KEY", "--shard-size", "1048576")]
    [InlineData("'--shard-size' needs '--serialization shards'.", "'modelguard sign --help'", "sign", "model", "--private-key", "KEY", "--shard-size", "1048576", "--serialization", "files")]
    [InlineData("'--shard-size' is 1048575; a shard has at least 1048576 bytes.", "'modelguard sign --help'", "sign", "model", "--private-key", "KEY", "--serialization", "shards", "--shard-size", "1048575")]
    [InlineData("'--shard-size' is -1; a shard has at least 1048576 bytes.", "'modelguard sign --help'", "sign", "model", "--private-key", "KEY", "--serialization", "shards", "--shard-size", "-1")]
    [InlineData("'--format' is required", "'modelguard report --help'", "report", "report.json")]
    [InlineData("'pdf'", "'modelguard report --help'", "report", "report.json", "--format", "pdf")]
    [InlineData("'p512'", "'modelguard keygen --help'", "keygen", "-o", "a", "--public-output", "b", "--curve", "p512")]
    [InlineData("'loud'", "'modelguard doctor --help'", "doctor", "--verbosity", "loud")]
    [InlineData("'--device'", "'modelguard edit --help'", "edit", "--device", "cpu")]
    public async Task A_wrong_command_line_ends_with_64_and_says_what_is_wrong_on_standard_error(string what, string help, params string[] arguments)
    {
        var result = await Tool.RunAsync(arguments);

        Assert.True(result.ExitCode == 64, result.All);
        Assert.Empty(result.Output);
        Assert.Contains(what, result.Error, StringComparison.Ordinal);
        Assert.Equal($"{help} shows what is possible.", result.ErrorLines[^1]);
        Assert.DoesNotContain("System.", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("init")]
    [InlineData("check")]
    [InlineData("schema")]
    [InlineData("edit")]
    [InlineData("apply")]
    [InlineData("revert")]
    [InlineData("trace")]
    [InlineData("audit")]
    [InlineData("merge")]
    [InlineData("sign")]
    [InlineData("verify")]
    [InlineData("report")]
    [InlineData("attest")]
    [InlineData("keygen")]
    [InlineData("generate")]
    [InlineData("convert")]
    [InlineData("score")]
    [InlineData("doctor")]
    [InlineData("completion")]
    public async Task The_help_of_every_command_has_an_example(string command)
    {
        var result = await Tool.RunAsync(command, "--help");

        Assert.True(result.ExitCode == 0, result.All);
        Assert.Empty(result.Error);
        Assert.Contains($"Examples:\n  modelguard {command} ", result.Output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_help_of_the_tool_lists_exactly_the_commands_that_are_tested_here()
    {
        var result = await Tool.RunAsync("--help");

        var commands = result.Output.Split("Commands:")[1].Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l.StartsWith("  ", StringComparison.Ordinal) && l[2] != ' ').Select(l => l.Trim().Split(' ')[0]);
        Assert.Equal(["init", "check", "schema", "edit", "apply", "revert", "trace", "audit", "merge", "sign", "verify", "report", "attest", "comment", "card", "keygen", "generate", "convert", "score", "doctor", "completion"], commands, StringComparer.Ordinal);
    }
}
