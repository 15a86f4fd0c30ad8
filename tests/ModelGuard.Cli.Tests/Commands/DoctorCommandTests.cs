using System.Text.Json;

namespace ModelGuard.Cli.Tests.Commands;

public sealed class DoctorCommandTests
{
    [Fact]
    public async Task It_says_what_was_found_and_what_was_done_about_it()
    {
        var result = await Tool.RunAsync("doctor", "--json");

        Assert.True(result.ExitCode == 0, result.All);
        Assert.Empty(result.Error);
        using var json = JsonDocument.Parse(result.Output);
        Assert.Contains("found in", json.RootElement.GetProperty("loading").GetString(), StringComparison.Ordinal);
        Assert.Contains(json.RootElement.GetProperty("convolutions").GetString(), (string[])["Direct", "Padded", "WithoutOneDnn"], StringComparer.Ordinal);
        Assert.StartsWith("cpu", json.RootElement.GetProperty("devices").GetString(), StringComparison.Ordinal);
        Assert.Equal("1", json.RootElement.GetProperty("threads").GetString());
        Assert.All((string[])["libTorch", "arithmetic", "selfTest", "bfloat16", "instructionSet", "memory", "system"], key => Assert.NotEmpty(json.RootElement.GetProperty(key).GetString()!));
    }

    [Fact]
    public async Task For_people_it_is_a_table_and_in_detail_it_lists_every_case_of_the_self_test()
    {
        var result = await Tool.RunAsync("doctor", "--verbosity", "detailed");

        Assert.True(result.ExitCode == 0, result.All);
        Assert.Contains("Arithmetic", result.Output, StringComparison.Ordinal);
        Assert.Contains("relative error", result.Error, StringComparison.Ordinal);
    }
}
