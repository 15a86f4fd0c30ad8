using System.Text.Json;

namespace ModelGuard.Cli.Tests.Commands;

public sealed class ConvertCommandTests : IDisposable
{
    private static readonly (string, string?)[] NoLibTorch = [("MODELGUARD_LIBTORCH", "/no/such/folder")];
    private readonly TemporaryFolder folder = new();

    private string Single => folder["model.safetensors"];

    [Fact]
    public async Task A_folder_becomes_a_file_and_the_same_folder_again_without_LibTorch()
    {
        var there = await Tool.RunInAsync(null, NoLibTorch, "convert", PolicyFolder.Base, "--output", Single, "--json");
        var back = await Tool.RunInAsync(null, NoLibTorch, "convert", Single, "--output", folder["again"], "--components", PolicyFolder.Base);

        Assert.True(there.ExitCode == 0, there.All);
        using var json = JsonDocument.Parse(there.Output);
        Assert.Equal(("single-file", "StableDiffusionPipeline", 996), (json.RootElement.GetProperty("form").GetString(), json.RootElement.GetProperty("pipeline").GetString(), json.RootElement.GetProperty("tensors").GetInt32()));
        Assert.True(back.ExitCode == 0, back.All);
        Assert.Empty(back.Output);
        Assert.Contains($"Wrote 996 tensor(s) of Stable Diffusion, 2.4 MB, to '{folder["again"]}'.", back.Error, StringComparison.Ordinal);
        Assert.Equal(Contents(PolicyFolder.Base), Contents(folder["again"]));
    }

    [Fact]
    public async Task A_picture_is_the_same_from_a_folder_and_from_its_file()
    {
        await Tool.RunAsync("convert", PolicyFolder.Base, "--output", Single);

        var results = await Task.WhenAll(
            Tool.RunAsync("generate", "--model", PolicyFolder.Base, "--prompt", "a star", "--steps", "2", "--output", folder["folder.png"]),
            Tool.RunAsync("generate", "--model", Single, "--components", PolicyFolder.Base, "--prompt", "a star", "--steps", "2", "--output", folder["file.png"]));

        Assert.All(results, r => Assert.True(r.ExitCode == 0, r.All));
        Assert.Equal(await File.ReadAllBytesAsync(folder["folder.png"]), await File.ReadAllBytesAsync(folder["file.png"]));
    }

    [Fact]
    public async Task An_output_that_is_there_is_replaced_by_force_only()
    {
        await File.WriteAllTextAsync(Single, "precious");

        var refused = await Tool.RunAsync("convert", PolicyFolder.Base, "--output", Single);
        var content = await File.ReadAllTextAsync(Single);
        var forced = await Tool.RunAsync("convert", PolicyFolder.Base, "--output", Single, "--force");

        Assert.Equal((2, "precious", 0), (refused.ExitCode, content, forced.ExitCode));
        Assert.StartsWith($"modelguard: error MG0260: '{Single}' is there already. Name another output, or add --force to replace it.", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_converted_ends_in_one_diagnostic()
    {
        await File.WriteAllTextAsync(folder["v1-5.ckpt"], "");
        var inside = Path.Combine(PolicyFolder.Base, "new.safetensors");

        var results = await Task.WhenAll(
            Tool.RunAsync("convert", folder["v1-5.ckpt"], "--output", folder["out"]),
            Tool.RunAsync("convert", PolicyFolder.Base, "--output", folder["out"]),
            Tool.RunAsync("convert", PolicyFolder.Base, "--output", inside),
            Tool.RunAsync("convert", PolicyFolder.Base, "--output", folder["out.safetensors"], "--variant", "fp16"));

        Assert.All(results, r => Assert.True(r.ExitCode == 2, r.All));
        Assert.Equal(["MG0210", "MG0277", "MG0260", "MG0219"], results.Select(r => Assert.Single(r.ErrorLines)["modelguard: error ".Length..][..6]), StringComparer.Ordinal);
        Assert.False(File.Exists(inside));
    }

    public void Dispose() => folder.Dispose();

    private static Dictionary<string, string> Contents(string root) => Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
        .ToDictionary(f => Path.GetRelativePath(root, f), f => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f))), StringComparer.Ordinal);
}
