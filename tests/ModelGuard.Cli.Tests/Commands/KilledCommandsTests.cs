using System.Globalization;

namespace ModelGuard.Cli.Tests.Commands;

/// <summary>Commands that write a checkpoint, killed at random moments: what is there is whole, and a second run makes the same.</summary>
public sealed class KilledCommandsTests(EditedFolder edited) : IClassFixture<EditedFolder>
{
    // With those of 'sign', 51 in all.
    private const int Kills = 13;

    [Fact]
    public async Task A_killed_edit_leaves_no_half_of_a_checkpoint()
    {
        using var folder = new PolicyFolder();
        await KillAsync(new KilledCommand(folder.Root, folder.Output, [PolicyFolder.Base], "edit", folder.Policy), seed: 1);
    }

    [Fact]
    public async Task A_killed_apply_leaves_no_half_of_a_checkpoint()
    {
        using var folder = new PolicyFolder();
        using var target = new TemporaryFolder();
        var delta = folder["change.safetensors"];
        var edit = await Tool.RunAsync("edit", folder.Policy, "--delta", delta);
        Assert.True(edit.ExitCode == 0, edit.All);
        await KillAsync(new KilledCommand(target.Path, target["out"], [PolicyFolder.Base], "apply", PolicyFolder.Base, "--delta", delta, "--output", target["out"]), seed: 2);
    }

    [Theory]
    [InlineData("model.safetensors", 3)]
    [InlineData("model", 4)]
    public async Task A_killed_conversion_leaves_no_half_of_a_model(string name, int seed)
    {
        using var target = new TemporaryFolder();
        using var source = new TemporaryFolder();
        var from = edited.Folder.Output;
        if (!name.EndsWith(".safetensors", StringComparison.Ordinal))
        {
            var convert = await Tool.RunAsync("convert", from, "--output", source["model.safetensors"]);
            Assert.True(convert.ExitCode == 0, convert.All);
            from = source["model.safetensors"];
        }

        // What is there already is only replaced where that is asked for.
        string[] arguments = ["convert", from, "--output", target[name], "--force", .. from == edited.Folder.Output ? Array.Empty<string>() : ["--components", edited.Folder.Output]];
        await KillAsync(new KilledCommand(target.Path, target[name], [edited.Folder.Output, source.Path], arguments), seed, Kills / 2);
    }

    private static async Task KillAsync(KilledCommand command, int seed, int kills = Kills)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no such signals.");
        var random = new Random(seed);
        var (expected, duration) = await command.RunAsync();
        var killed = 0;
        for (var kill = 0; kill < kills; kill++)
        {
            // Most of a run is its start: every other kill waits until something is written.
            var delay = kill % 2 == 0 ? duration * random.NextDouble() : (TimeSpan?)null;
            if (await command.KillAsync(delay, kill % 2 == 0 ? 0 : 1 << random.Next(22), expected)) killed++;
        }

        Assert.NotEqual(0, killed);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{killed} of {kills} kills came before the end."));
    }
}
