using System.Text.Json;
using ModelGuard.Checkpoints;
using ModelGuard.Testing.FullSize;

namespace ModelGuard.Cli.Tests.Commands;

public sealed class InitCommandTests : IDisposable
{
    private static readonly (string, string?)[] WithoutLibTorch = [("MODELGUARD_LIBTORCH", "/no/such/folder")];
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_policy_of_a_small_model_with_a_scorer_beside_it_looks_like_this()
    {
        Copy(PolicyFolder.Base, "models/base");
        Copy(PolicyFolder.Scorer, "models/clip");

        var result = await InitAsync("models/base");

        Assert.True(result.ExitCode == 0, result.All);
        Assert.Empty(result.Output);
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(RepositoryPaths.Root, "docs", "schemas", "policy-v1.schema.json")), await File.ReadAllBytesAsync(folder["policy-v1.schema.json"]));
        Snapshot.Verify(await File.ReadAllTextAsync(folder["modelguard.yaml"]));
        await AssertCheckedAsync("modelguard.yaml");
    }

    [Fact]
    public async Task The_sample_model_gets_a_policy_that_is_valid_as_it_stands()
    {
        var sample = Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "model");

        var result = await InitAsync(sample, "--output", "policies/shapes.yaml", "--json");

        Assert.True(result.ExitCode == 0, result.All);
        Assert.Empty(result.Error);
        using var json = JsonDocument.Parse(result.Output);
        Assert.Equal((folder["policies/shapes.yaml"], "Stable Diffusion", "artifacts/model-governed"), (Text(json, "policy"), Text(json, "family"), Text(json, "output")));
        Assert.EndsWith("samples/Shapes/scorer", Text(json, "scorer"), StringComparison.Ordinal);
        Assert.Equal(3, json.RootElement.GetProperty("textEncoders")[0].GetProperty("layers").GetInt32());
        await AssertCheckedAsync("policies/shapes.yaml");
    }

    [Theory]
    [InlineData("sd15", "text_encoder with layers 0 to 11.", "scheduler: pndm, steps: 20, guidanceScale: 7.5")]
    [InlineData("sd21", "text_encoder with layers 0 to 22.", "scheduler: ddim, steps: 20, guidanceScale: 7.5")]
    [InlineData("sdxl", "text_encoder with layers 0 to 11, text_encoder_2 with layers 0 to 31.", "scheduler: euler, steps: 20, guidanceScale: 5,")]
    public async Task A_folder_of_each_family_gets_a_policy_that_is_valid_as_it_stands(string model, string encoders, string generation)
    {
        // Holes instead of weights take no space and are never read.
        SyntheticCheckpoint.Write(folder[model], model, TensorDataType.F16, isSparse: true, Path.Combine(PolicyFolder.Base, "tokenizer"));

        var result = await InitAsync(model);

        Assert.True(result.ExitCode == 0, result.All);
        Assert.Contains("No scorer was found", result.Error, StringComparison.Ordinal);
        var text = await File.ReadAllTextAsync(folder["modelguard.yaml"]);
        Assert.Contains(encoders, text, StringComparison.Ordinal);
        Assert.Contains(generation, text, StringComparison.Ordinal);
        await AssertCheckedAsync("modelguard.yaml");
    }

    [Fact]
    public async Task A_single_file_gets_a_policy_that_names_where_its_tokenizers_are()
    {
        var converted = await Tool.RunInAsync(folder.Path, WithoutLibTorch, "convert", PolicyFolder.Base, "--output", "models/one.safetensors");
        Assert.True(converted.ExitCode == 0, converted.All);

        var without = await InitAsync("models/one.safetensors");
        var with = await InitAsync("models/one.safetensors", "--components", PolicyFolder.Base);

        AssertRefused(without, "MG0268", "--components");
        Assert.True(with.ExitCode == 0, with.All);
        var text = await File.ReadAllTextAsync(folder["modelguard.yaml"]);
        Assert.Contains("base: models/one.safetensors\n  components: ", text, StringComparison.Ordinal);
        Assert.Contains("output: artifacts/one-governed ", text, StringComparison.Ordinal);
        await AssertCheckedAsync("modelguard.yaml");
    }

    [Fact]
    public async Task A_policy_inside_its_model_sends_the_edited_one_elsewhere()
    {
        Copy(PolicyFolder.Base, "base");

        var result = await Tool.RunInAsync(folder["base"], WithoutLibTorch, "init", ".");

        Assert.True(result.ExitCode == 0, result.All);
        var text = await File.ReadAllTextAsync(folder["base/modelguard.yaml"]);
        Assert.Contains("  base: \".\"\n", text, StringComparison.Ordinal);
        Assert.Contains("  output: ../base-governed ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_there_already_is_replaced_with_force_only()
    {
        await File.WriteAllTextAsync(folder["modelguard.yaml"], "mine");
        await File.WriteAllTextAsync(folder["policy-v1.schema.json"], "{}");

        var refused = await InitAsync(PolicyFolder.Base);
        var beside = await InitAsync(PolicyFolder.Base, "--output", "other.yaml", "--json");
        var before = (await File.ReadAllTextAsync(folder["modelguard.yaml"]), await File.ReadAllTextAsync(folder["policy-v1.schema.json"]));
        var forced = await InitAsync(PolicyFolder.Base, "--force");

        AssertRefused(refused, "MG0260", "--force");
        Assert.True(beside.ExitCode == 0, beside.All);
        Assert.Contains("was left as it is", beside.Error, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(beside.Output);
        Assert.False(json.RootElement.GetProperty("hasSchema").GetBoolean());
        Assert.Equal(("mine", "{}"), before);
        Assert.True(forced.ExitCode == 0, forced.All);
        Assert.StartsWith("# yaml-language-server: $schema=policy-v1.schema.json\n", await File.ReadAllTextAsync(folder["modelguard.yaml"]), StringComparison.Ordinal);
        Assert.StartsWith("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\"", await File.ReadAllTextAsync(folder["policy-v1.schema.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_governed_is_named_and_nothing_is_written()
    {
        Directory.CreateDirectory(folder["flux"]);
        await File.WriteAllTextAsync(folder["flux/model_index.json"], """{ "_class_name": "FluxPipeline" }""");
        Copy(PolicyFolder.Base, "pickled");
        File.Move(folder["pickled/unet/diffusion_pytorch_model.safetensors"], folder["pickled/unet/diffusion_pytorch_model.bin"]);
        await File.WriteAllTextAsync(folder["old.ckpt"], "PK");
        Directory.CreateDirectory(folder["empty"]);
        var files = Directory.GetFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories);

        AssertRefused(await InitAsync("flux"), "MG0262", "FLUX ('FluxPipeline')");
        AssertRefused(await InitAsync("pickled"), "MG0210", "diffusion_pytorch_model.bin");
        AssertRefused(await InitAsync("old.ckpt"), "MG0210", "old.ckpt");
        AssertRefused(await InitAsync("empty"), "MG0261", "model_index.json");
        AssertRefused(await InitAsync("absent"), "MG0261", "does not exist");
        AssertRefused(await InitAsync(PolicyFolder.Base, "--scorer", "absent"), "MG0266", "'absent'");
        AssertRefused(await InitAsync(PolicyFolder.Base, "--scorer", Path.Combine(PolicyFolder.Base, "text_encoder")), "MG0222", "'clip_text_model'");
        Assert.Equal(files, Directory.GetFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories));
    }

    private static void AssertRefused(ChildProcess.Finished result, string code, string what)
    {
        Assert.True(result.ExitCode == 2, result.All);
        Assert.Empty(result.Output);
        Assert.StartsWith($"modelguard: error {code}: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        Assert.Contains(what, result.Error, StringComparison.Ordinal);
    }

    private static string Text(JsonDocument json, string name) => json.RootElement.GetProperty(name).GetString()!;

    private Task<ChildProcess.Finished> InitAsync(params string[] arguments) => Tool.RunInAsync(folder.Path, WithoutLibTorch, ["init", .. arguments]);

    // Not even a warning.
    private async Task AssertCheckedAsync(string policy)
    {
        var check = await Tool.RunInAsync(folder.Path, WithoutLibTorch, "check", policy);
        Assert.True(check.ExitCode == 0, check.All);
        Assert.StartsWith($"'{policy}' is valid: 3 concept(s), 6 preserved, 5 gate(s). ", Assert.Single(check.ErrorLines), StringComparison.Ordinal);
        Assert.EndsWith("is a checkpoint that can be edited.", check.ErrorLines[0], StringComparison.Ordinal);
    }

    private void Copy(string source, string name)
    {
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(folder[name], Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
