using System.Text.Json;
using CsCheck;
using ModelGuard.Cli.Machine;
using ModelGuard.Diffusion.Backend;

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

    [Fact]
    public async Task What_an_earlier_run_found_is_kept_until_something_changes_and_LibTorch_is_not_loaded_for_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere TorchSharp finds LibTorch by itself, and it is looked at each time.");
        using var folder = new TemporaryFolder();
        (string, string?)[] cache = [("MODELGUARD_CACHE", folder.Path)];

        var first = await Tool.RunInAsync(null, cache, "doctor");
        var second = await Tool.RunInAsync(null, cache, "doctor");
        var fresh = await Tool.RunInAsync(null, cache, "doctor", "--fresh");
        var changed = await Tool.RunInAsync(null, [.. cache, ("MODELGUARD_CONVOLUTIONS", "without-onednn")], "doctor");

        Assert.All([first, second, fresh, changed], r => Assert.True(r.ExitCode == 0, r.All));
        Assert.Equal(first.Output, second.Output);
        Assert.Contains("An earlier run has loaded and tested LibTorch on this machine", second.Error, StringComparison.Ordinal);
        Assert.All([first, fresh, changed], r => Assert.DoesNotContain("earlier run", r.Error, StringComparison.Ordinal));
        Assert.Contains("oneDNN", changed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_kept_is_read_as_it_was_written_and_no_other_text_is()
    {
        var facts = new BackendFacts(ConvolutionPath.Padded, [("LibTorch", "2.10.0"), ("Loading", "One."), ("Loading", "Two: a\tb.")], ["Padded: conv 3x3 16→16: relative error 1.0e-7"]);

        var read = BackendFacts.Read(facts.Write());

        Assert.Equal(facts.Write(), read?.Write());
        Assert.Equal((facts.Path, 3, 1), (read!.Path, read.Facts.Length, read.Cases.Length));
        Gen.OneOf(Gen.OneOfConst("=\t", "Padded", "\n", "*\t", "LibTorch\t"), Gen.String[0, 8]).Array[0, 12].Select(string.Concat).Sample(text => BackendFacts.Read(text) is not { } some || BackendFacts.Read(some.Write())!.Write() == some.Write());
        Assert.Null(BackendFacts.Read("Padded"));
    }
}
