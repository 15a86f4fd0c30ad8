using System.Text.Json;
using System.Text.RegularExpressions;

namespace ModelGuard.Cli.Tests.Commands;

public sealed partial class CheckCommandTests
{
    [Fact]
    public async Task A_valid_policy_is_said_to_be_valid_on_standard_error()
    {
        using var folder = new PolicyFolder();

        var result = await Tool.RunAsync("check", folder.Policy);

        Assert.True(result.ExitCode == 0, result.All);
        Assert.Empty(result.Output);
        Assert.StartsWith($"'{folder.Policy}' is valid: 1 concept(s), 0 preserved, 1 gate(s).", result.Error, StringComparison.Ordinal);
        Assert.Contains("is a checkpoint that can be edited.", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_error_of_an_invalid_policy_has_a_line_of_its_own_with_its_place()
    {
        using var folder = new PolicyFolder(PolicyFolder.Text(gates: "- { id: low, metric: sharpness, on: removed, max: 2 }", severity: "huge", rest: "failon: high"));

        var result = await Tool.RunAsync("check", folder.Policy);

        Assert.True(result.ExitCode == 4, result.All);
        Assert.Empty(result.Output);
        Assert.All(result.ErrorLines, line => Assert.Matches(Canonical(), line));
        Assert.Equal(
            [(13, "MG0114"), (16, "MG0114"), (17, "MG0108")],
            result.ErrorLines.Select(l => Canonical().Match(l)).Select(m => (int.Parse(m.Groups["line"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture), m.Groups["code"].Value)).Order());
        Assert.All(result.ErrorLines, line => Assert.StartsWith(folder.Policy + "(", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_name_the_policy_of_the_current_folder_is_read_and_a_missing_one_could_not_be_checked()
    {
        using var folder = new PolicyFolder();

        var missing = await Tool.RunInAsync(folder.Root, [], "check");
        File.Move(folder.Policy, folder["modelguard.yaml"]);
        var found = await Tool.RunInAsync(folder.Root, [], "check");

        Assert.True(missing.ExitCode == 2, missing.All);
        Assert.StartsWith("modelguard.yaml(1,1): error MG0100: ", missing.Error, StringComparison.Ordinal);
        Assert.True(found.ExitCode == 0, found.All);
    }

    [Fact]
    public async Task Checking_needs_no_LibTorch()
    {
        using var folder = new PolicyFolder();
        Directory.CreateDirectory(folder["broken"]);
        await File.WriteAllTextAsync(Path.Combine(folder["broken"], "libLibTorchSharp.so"), "no library");
        (string, string?)[] broken = [("MODELGUARD_LIBTORCH", folder["broken"])];

        var check = await Tool.RunInAsync(null, broken, "check", folder.Policy);
        var doctor = await Tool.RunInAsync(null, broken, "doctor");

        Assert.True(check.ExitCode == 0, check.All);
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only on Linux is it known how a broken library looks.");
        // The variable does what it says: a command that needs LibTorch fails with it.
        Assert.True(doctor.ExitCode == 2, doctor.All);
        Assert.StartsWith("modelguard: error MG0002: ", doctor.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_is_held_against_the_models_tokens_and_with_keys_against_its_keys()
    {
        var name = PolicyFolder.Text(rest: "preserve: [\"a blue  star\"]").Replace("match: [\"star\"]", "match: [\"blue star\"]", StringComparison.Ordinal);
        using var warned = new PolicyFolder(name);
        using var refused = new PolicyFolder(name.Replace("a blue  star", "blue  star", StringComparison.Ordinal));

        var results = await Task.WhenAll(
            Tool.RunInAsync(null, [("MODELGUARD_LIBTORCH", "/no/such/folder")], "check", warned.Policy),
            Tool.RunAsync("check", refused.Policy),
            Tool.RunAsync("check", refused.Policy, "--keys"),
            Tool.RunAsync("edit", refused.Policy));

        Assert.Equal([0, 4, 4, 4], results.Select(r => r.ExitCode));
        Assert.StartsWith($"{warned.Policy}(17,12): warning MG1063: The preserved 'a blue  star' holds the ", results[0].Error, StringComparison.Ordinal);
        Assert.StartsWith($"{refused.Policy}(17,12): error MG1060: 'blue  star' is to be preserved and is the same ", Assert.Single(results[1].ErrorLines), StringComparison.Ordinal);
        Assert.All(results[2..], r => Assert.Collection(
            r.ErrorLines,
            line => Assert.Contains(": error MG1060: ", line, StringComparison.Ordinal),
            line => Assert.Contains("(17,12): warning MG1066: In 'text_encoder' the key of the preserved 'blue  star' lies to 100.0 % in the span of the names that are edited (nearest is 'blue star' (concept 'star', line 10), cosine 1.000)", line, StringComparison.Ordinal)));
        Assert.False(Directory.Exists(refused.Output));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(refused.Output)!), e => e.Contains("partial", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Json_is_all_that_stands_on_standard_output_and_a_base_that_is_absent_is_said_to_be()
    {
        using var folder = new PolicyFolder(PolicyFolder.Text(baseFolder: "not/there"));

        var result = await Tool.RunAsync("check", folder.Policy, "--json");

        Assert.True(result.ExitCode == 0, result.All);
        using var json = JsonDocument.Parse(result.Output);
        Assert.False(json.RootElement.GetProperty("basePresent").GetBoolean());
        Assert.Equal(1, json.RootElement.GetProperty("gates").GetInt32());
    }

    [GeneratedRegex(@"^.+\((?<line>[0-9]+),[0-9]+\): error (?<code>MG[0-9]{4}): .+\.$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Canonical();
}
