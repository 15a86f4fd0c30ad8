using System.Text.Json;

namespace ModelGuard.Cli.Tests.Commands;

public sealed class TraceCommandTests
{
    private static readonly string Sample = Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "model");
    private static readonly string Policy = Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "trace.yaml");

    [Fact]
    public async Task A_policys_concepts_are_traced_with_controls_and_written_as_numbers_and_heat_maps()
    {
        using var folder = new TemporaryFolder();

        var result = await Tool.RunAsync("trace", Policy, "--concept", "object", "style", "--draws", "4", "--output", folder["trace"]);

        Assert.True(result.ExitCode == 0, result.All);
        Assert.Contains("object in text_encoder: hidden-state", result.Output, StringComparison.Ordinal);
        Assert.Contains("best: text_model.encoder.layers.0.self_attn.out_proj", result.Output, StringComparison.Ordinal);
        Assert.Contains("controls: identity exact", result.Output, StringComparison.Ordinal);
        Assert.Equal(
            "modelguard-trace.json object-text_encoder-states-hidden-state.png object-text_encoder-states-hidden-state.svg style-text_encoder-states-hidden-state.png style-text_encoder-states-hidden-state.svg",
            string.Join(' ', Directory.EnumerateFiles(folder["trace"]).Select(Path.GetFileName).Order(StringComparer.Ordinal)));
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder["trace"], "modelguard-trace.json"), TestContext.Current.CancellationToken));
        Assert.Equal(["object", "style"], json.RootElement.GetProperty("concepts").EnumerateArray().Select(c => c.GetProperty("id").GetString()!), StringComparer.Ordinal);
        var trace = json.RootElement.GetProperty("concepts")[0].GetProperty("traces")[0];
        Assert.Equal("localised", trace.GetProperty("conclusion").GetString());
        Assert.True(trace.GetProperty("controls").GetProperty("identityIsExact").GetBoolean());
        Assert.Equal(4, trace.GetProperty("prompts")[0].GetProperty("cells")[0].GetProperty("restored").GetArrayLength());
    }

    [Fact]
    public async Task A_prompt_of_ones_own_needs_no_policy_and_both_encoders_of_sdxl_are_traced()
    {
        var result = await Tool.RunAsync("trace", "--model", Testing.GoldenModels.StableDiffusionXL, "--prompt", "a painting by van gogh", "--subject", "van gogh", "--draws", "2", "--json");

        Assert.True(result.ExitCode is 0 or 2, result.All);
        using var json = JsonDocument.Parse(result.Output);
        Assert.Equal(["text_encoder", "text_encoder_2"], json.RootElement.GetProperty("concepts")[0].GetProperty("traces").EnumerateArray().Select(t => t.GetProperty("component").GetString()!), StringComparer.Ordinal);
    }

    [Fact]
    public async Task The_same_trace_gives_the_same_numbers_and_pictures_that_are_known_are_not_drawn_again()
    {
        using var cache = new TemporaryFolder();
        string[] command = ["trace", Policy, "--concept", "style", "--in", "cross-attention", "--prompts", "1", "--draws", "2", "--steps", "4", "--json"];
        var first = await Tool.RunInAsync(null, [("MODELGUARD_CACHE", cache.Path)], command);
        var again = await Tool.RunInAsync(null, [("MODELGUARD_CACHE", cache.Path)], command);

        Assert.True(first.ExitCode is 0 or 2, first.All);
        Assert.Equal(WithoutRun(first.Output), WithoutRun(again.Output));
        Assert.Contains("0 picture(s) drawn", again.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(" 0 picture(s) drawn", first.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_subject_that_is_not_in_the_prompt_is_refused()
    {
        var result = await Tool.RunAsync("trace", "--model", Sample, "--prompt", "a red star", "--subject", "moon");

        Assert.True(result.ExitCode == 2, result.All);
        Assert.StartsWith("modelguard: error MG1101: The tokens of 'moon' do not stand in the prompt 'a red star'", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_concept_is_refused_with_the_known_ones()
    {
        var result = await Tool.RunAsync("trace", Policy, "--concept", "planet");

        Assert.True(result.ExitCode == 2, result.All);
        Assert.Contains("error MG1102: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("'object', 'color', 'style', 'action', 'fact'", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--prompt and --subject belong together.", "--prompt", "a star")]
    [InlineData("--prompt needs --model", "--prompt", "a star", "--subject", "star")]
    [InlineData("name one with --scorer", "--prompt", "a star", "--subject", "star", "--model", "m", "--in", "unet")]
    public async Task A_command_line_that_makes_no_sense_is_refused(string message, params string[] arguments)
    {
        var result = await Tool.RunAsync(["trace", .. arguments]);

        Assert.True(result.ExitCode == 64, result.All);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--draws", "0")]
    [InlineData("--noise", "-1")]
    [InlineData("--window", "0")]
    public async Task A_number_out_of_range_is_named(string option, string value)
    {
        var result = await Tool.RunAsync("trace", Policy, option, value);

        Assert.True(result.ExitCode == 2, result.All);
        Assert.Contains($"error MG0011: {option} must be", result.Error, StringComparison.Ordinal);
    }

    private static string WithoutRun(string json) => json[..json.IndexOf("\"run\":", StringComparison.Ordinal)];
}
