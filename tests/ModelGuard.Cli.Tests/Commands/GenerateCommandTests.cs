using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;

namespace ModelGuard.Cli.Tests.Commands;

public sealed class GenerateCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_same_seed_gives_the_same_picture_and_another_seed_another()
    {
        var first = await GenerateAsync("first.png", "--seed", "3");
        var again = await GenerateAsync("again.png", "--seed", "3");
        var other = await GenerateAsync("other.png", "--seed", "4");

        Assert.Equal((byte[])[0x89, .. "PNG\r\n"u8], first[..6]);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public async Task Latents_that_were_written_can_be_read_and_then_the_seed_has_no_say()
    {
        await GenerateAsync("first.png", "--output-latents", folder["latents.safetensors"]);
        using (var file = SafetensorsFile.Open(folder["latents.safetensors"])) Assert.Equal([1, 4, 16, 16], file.Get("latents").Shape);

        var one = await GenerateAsync("one.png", "--latents", folder["latents.safetensors"], "--seed", "1");
        var two = await GenerateAsync("two.png", "--latents", folder["latents.safetensors"], "--seed", "2");

        Assert.Equal(one, two);
        Assert.NotEqual(await File.ReadAllBytesAsync(folder["first.png"]), one);
    }

    [Fact]
    public async Task The_scheduler_is_the_one_that_is_named()
    {
        var ddim = await GenerateAsync("ddim.png", "--scheduler", "ddim");
        var pndm = await GenerateAsync("pndm.png", "--scheduler", "pndm");
        var ancestral = await GenerateAsync("euler-a.png", "--scheduler", "euler-a");

        Assert.NotEqual(ddim, pndm);
        Assert.NotEqual(ddim, ancestral);
    }

    [Fact]
    public async Task Several_prompts_give_numbered_pictures()
    {
        var result = await RunAsync("p.png", "--prompt", "a square", "--output-latents", folder["latents.safetensors"]);

        Assert.True(result.ExitCode == 0, result.All);
        Assert.Equal(["latents.safetensors", "p-1.png", "p-2.png"], Directory.EnumerateFiles(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.NotEqual(await File.ReadAllBytesAsync(folder["p-1.png"]), await File.ReadAllBytesAsync(folder["p-2.png"]));
        using var file = SafetensorsFile.Open(folder["latents.safetensors"]);
        Assert.Equal([2, 4, 16, 16], file.Get("latents").Shape);
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 4)]
    public async Task Latents_that_do_not_fit_are_refused(long pictures, long channels)
    {
        long[] shape = [pictures, channels, 8, 8];
        var bytes = new byte[4 * shape.Aggregate(1L, (a, b) => a * b)];
        SafetensorsWriter.Write(folder["odd.safetensors"], [new TensorSource("latents", TensorDataType.F32, [.. shape], bytes)]);

        var result = await RunAsync("p.png", "--latents", folder["odd.safetensors"]);

        AssertRefused(result, "MG0229");
        Assert.Contains($"[{string.Join(", ", shape)}]", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--steps", "0", "MG0011")]
    [InlineData("--width", "7", "MG0011")]
    [InlineData("--guidance-rescale", "2", "MG0011")]
    [InlineData("--eta", "0.5", "MG0011")] // The checkpoint's own scheduler is not ddim.
    [InlineData("--device", "tpu", "MG0004")]
    [InlineData("--crop", "0,8", "MG0011")]
    public async Task A_value_out_of_range_is_refused_in_a_sentence(string option, string value, string code)
    {
        var result = await RunAsync("p.png", option, value);

        AssertRefused(result, code);
        Assert.EndsWith(".", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_bfloat16_it_gives_another_picture_or_says_that_the_processor_cannot()
    {
        var result = await RunAsync("half.png", "--dtype", "bfloat16");

        if (!ComputeType.HasBFloat16)
        {
            AssertRefused(result, "MG0006");
            return;
        }

        Assert.True(result.ExitCode == 0, result.All);
        Assert.NotEqual(await GenerateAsync("full.png", "--dtype", "float32"), await File.ReadAllBytesAsync(folder["half.png"]));
    }

    [Fact]
    public async Task A_model_with_two_text_encoders_is_told_sizes()
    {
        string[] model = ["--model", GoldenModels.StableDiffusionXL, "--prompt", "a photo of a cat", "--steps", "2", "--scheduler", "ddim"];
        foreach (var (name, options) in new (string, string[])[] { ("own", []), ("same", ["--original-size", "128x128", "--crop", "0,0", "--target-size", "128x128"]), ("other", ["--original-size", "96x160", "--crop", "8,4"]), ("empty", ["--negative-prompt", ""]) })
        {
            var result = await Tool.RunAsync(["generate", .. model, "-o", folder[name + ".png"], .. options]);
            Assert.True(result.ExitCode == 0, result.All);
        }

        var own = await File.ReadAllBytesAsync(folder["own.png"]);
        Assert.Equal(own, await File.ReadAllBytesAsync(folder["same.png"]));
        Assert.NotEqual(own, await File.ReadAllBytesAsync(folder["other.png"]));
        Assert.NotEqual(own, await File.ReadAllBytesAsync(folder["empty.png"]));
    }

    [Theory]
    [InlineData("--original-size", "128")]
    [InlineData("--target-size", "128x-1")]
    [InlineData("--crop", "1x1")]
    [InlineData("--dtype", "float16")]
    public async Task A_size_or_type_that_is_none_is_a_mistake_of_the_command_line(string option, string value)
    {
        var result = await RunAsync("p.png", option, value);

        Assert.True(result.ExitCode == 64, result.All);
        Assert.Contains(value, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cuda_is_refused_where_there_is_none()
    {
        var result = await RunAsync("p.png", "--device", "cuda");

        Assert.SkipWhen(result.ExitCode == 0, "This machine has CUDA.");
        AssertRefused(result, "MG0005");
    }

    private void AssertRefused(ChildProcess.Finished result, string code)
    {
        Assert.True(result.ExitCode == 2, result.All);
        Assert.StartsWith($"modelguard: error {code}: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(folder.Path, "*.png"));
    }

    private async Task<byte[]> GenerateAsync(string file, params string[] options)
    {
        var result = await RunAsync(file, options);
        Assert.True(result.ExitCode == 0, result.All);
        Assert.Empty(result.Output + result.Error);
        return await File.ReadAllBytesAsync(folder[file]);
    }

    private Task<ChildProcess.Finished> RunAsync(string file, params string[] options) =>
        Tool.RunAsync(["generate", "--model", PolicyFolder.Base, "--prompt", "a star", .. (options.Contains("--steps") ? Array.Empty<string>() : ["--steps", "2"]), "-o", folder[file], .. options]);
}
