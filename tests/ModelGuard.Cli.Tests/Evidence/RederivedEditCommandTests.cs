using System.Text.Json;
using System.Text.Json.Nodes;
using ModelGuard.Checkpoints;

namespace ModelGuard.Cli.Tests.Evidence;

/// <summary><c>verify --only edit</c> as a process: from base, policy and edited model or report.</summary>
public sealed class RederivedEditCommandTests(EditedFolder edited) : IClassFixture<EditedFolder>
{
    private const string Weights = "text_encoder/model.safetensors";
    private const string Edited = "text_model.encoder.layers.3.self_attn.out_proj.weight";

    private static readonly Dictionary<string, (Action<PolicyFolder> Tamper, string Code, string Sentence)> Kinds = new(StringComparer.Ordinal)
    {
        ["an edited tensor has another bit"] = (f => Flip(f, Edited), "MG2023", $"The tensor 'text_encoder/{Edited}' in '{{0}}' is not what this policy makes of this base: 1 of its 1024 numbers differ, on the processor and with the library that it was made with."),
        ["another tensor has another bit"] = (f => Flip(f, "text_model.final_layer_norm.weight"), "MG2024", $"The tensor 'text_model.final_layer_norm.weight' in '{{0}}/{Weights}' has other values than in the base, and the edit does not touch it."),
        ["another file is changed"] = (f => File.AppendAllText(Path.Combine(f.Output, "vae", "config.json"), " "), "MG2024", "'vae/config.json' in '{0}' has another content than in the base, and the edit does not touch it."),
        ["a file is added"] = (f => File.WriteAllText(Path.Combine(f.Output, "text_encoder", "pytorch_model.bin"), "x"), "MG2024", "'text_encoder/pytorch_model.bin' lies in '{0}' and not in the base: it was added."),
        ["a file is removed"] = (f => File.Delete(Path.Combine(f.Output, "tokenizer", "merges.txt")), "MG2024", "'tokenizer/merges.txt' of the base is missing in '{0}'."),
        ["a tensor is added"] = (AddTensor, "MG2024", $"The tensor 'text_model.evil' lies in '{{0}}/{Weights}' and not in the base: it was added."),
        ["a file is a link"] = (Link, "MG0265", "'{0}/vae/config.json' is a symbolic link; what it points to could change under a signature."),
        ["the policy is changed"] = (f => File.AppendAllText(f.Policy, "# more\n"), "MG2022", "'modelguard-report.json' was made under a policy with the digest sha256:"),
        ["the base is another"] = (OtherBase, "MG2022", "'modelguard-report.json' names a base with the root digest sha256:"),
        ["a number of the report is changed"] = (f => Report(f, r => r["edit"]!["tensors"]![0]!["residual"] = 0.5), "MG2025", "'modelguard-report.json' says '0.5' for 'edit.tensors[0].residual'; solving the edit again gives '"),
        ["the fingerprint of the report is changed"] = (f => Report(f, r => r["edit"]!["fingerprint"]!["encoders"]![0]!["edited"]![0]![0] = 9), "MG2025", "'modelguard-report.json' says '9' for 'edit.fingerprint.encoders[0].edited[0][0]'; solving the edit again gives '"),
        ["the report is about another model"] = (f => Report(f, r => r["model"]!["output"]!["digest"] = "sha256:" + new string('0', 64)), "MG2025", "'modelguard-report.json' says 'sha256:0000000000000000000000000000000000000000000000000000000000000000' for 'model.output.digest'; solving the edit again gives 'sha256:"),
    };

    public static TheoryData<string> Names => [.. Kinds.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_does_not_come_out_again_ends_with_3(string kind)
    {
        using var folder = Copy();
        var (tamper, code, sentence) = Kinds[kind];
        tamper(folder);

        var result = await VerifyAsync(folder, File.Exists(folder["base.yaml"]) ? folder["base.yaml"] : folder.Policy);

        Assert.True(result.ExitCode == 3, result.All);
        Assert.StartsWith($"modelguard: error {code}: {sentence.Replace("{0}", folder.Output, StringComparison.Ordinal)}", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_comes_out_again_is_told_in_two_lines_and_nothing_is_written()
    {
        using var folder = Copy();
        var before = PolicyFolder.State(folder.Root);

        var result = await VerifyAsync(folder, folder.Policy);
        using var json = JsonDocument.Parse((await VerifyAsync(folder, folder.Policy, "--json")).Output);

        Assert.True(result.ExitCode == 0, result.All);
        Assert.Equal(
            [
                "Edit: holds. Solved again from base and policy, 4 tensor(s) with 4096 numbers come out as in the model, bit for bit, and 'modelguard-report.json' says the same of them.",
                "Rest: holds. 11 file(s) and the 64 other tensor(s) of the edited files are the base's, byte for byte; nothing was added and nothing is missing.",
            ],
            result.ErrorLines);
        var edit = json.RootElement.GetProperty("edit");
        Assert.Equal((4, 4096, true, 11, 64), (edit.GetProperty("tensors").GetInt32(), edit.GetProperty("numbers").GetInt32(), edit.GetProperty("isExact").GetBoolean(), edit.GetProperty("untouched").GetProperty("files").GetInt32(), edit.GetProperty("untouched").GetProperty("tensors").GetInt32()));
        Assert.Equal(before, PolicyFolder.State(folder.Root));
    }

    [Fact]
    public async Task The_report_alone_or_the_model_alone_is_enough()
    {
        using var folder = Copy();
        File.Move(folder.Report, folder["report.json"]);

        var model = await VerifyAsync(folder, folder.Policy);
        Directory.Delete(folder.Output, recursive: true);
        var report = await VerifyAsync(folder, folder.Policy, "--report", folder["report.json"]);
        var nothing = await VerifyAsync(folder, folder.Policy);

        Assert.Equal((0, 0, 2), (model.ExitCode, report.ExitCode, nothing.ExitCode));
        Assert.EndsWith("come out as in the model, bit for bit.", model.ErrorLines[0], StringComparison.Ordinal);
        Assert.EndsWith("come out as the report's root digest says, bit for bit, and 'report.json' says the same of them.", Assert.Single(report.ErrorLines), StringComparison.Ordinal);
        Assert.StartsWith("modelguard: error MG2017: ", Assert.Single(nothing.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_of_another_machine_is_held_to_its_bound()
    {
        using var folder = Copy();
        Report(folder, r => r["environment"]!["processor"] = "Another processor");
        File.Copy(folder.Report, folder["report.json"]);
        var same = await VerifyAsync(folder, folder.Policy);
        Flip(folder, Edited);
        // What changed in the model is in its report, as it would be after an edit elsewhere.
        Report(folder, r =>
        {
            r["model"]!["output"]!["digest"] = Digests.RootDigest(folder.Output);
            using var file = SafetensorsFile.Open(Path.Combine(folder.Output, Weights));
            r["edit"]!["tensors"]![3]!["digestAfter"] = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file.GetBytes(file.Get(Edited))));
        });
        var near = await VerifyAsync(folder, folder.Policy);
        Directory.Delete(folder.Output, recursive: true);
        var alone = await VerifyAsync(folder, folder.Policy, "--report", folder["report.json"]);
        await File.WriteAllTextAsync(folder["report.json"], (await File.ReadAllTextAsync(folder["report.json"])).Replace("\"output\": {\n      \"name\": \"out\",\n      \"digest\": \"sha256:", "\"output\": {\n      \"name\": \"out\",\n      \"digest\": \"sha256:0", StringComparison.Ordinal));
        var other = await VerifyAsync(folder, folder.Policy, "--report", folder["report.json"]);

        Assert.Equal((0, 0, 0, 2), (same.ExitCode, near.ExitCode, alone.ExitCode, other.ExitCode));
        Assert.Contains("bit for bit", same.ErrorLines[0], StringComparison.Ordinal);
        Assert.Contains("of the change (another processor or library explains ", near.ErrorLines[0], StringComparison.Ordinal);
        Assert.StartsWith("modelguard: error MG2030: 'report.json' was made on another processor or with another LibTorch", Assert.Single(other.ErrorLines), StringComparison.Ordinal);
    }

    private static Task<ChildProcess.Finished> VerifyAsync(PolicyFolder folder, string policy, params string[] options) => Tool.RunAsync(["verify", policy, "--only", "edit", "--output", folder.Output, .. options]);

    private PolicyFolder Copy()
    {
        var folder = new PolicyFolder();
        folder.Copy(edited.Folder.Output, "out");
        return folder;
    }

    private static void Flip(PolicyFolder folder, string tensor)
    {
        var path = Path.Combine(folder.Output, Weights);
        long offset;
        using (var file = SafetensorsFile.Open(path)) offset = file.Get(tensor).Offset;
        var bytes = File.ReadAllBytes(path);
        bytes[offset] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private static void AddTensor(PolicyFolder folder)
    {
        var path = Path.Combine(folder.Output, Weights);
        TensorSource[] tensors;
        using (var file = SafetensorsFile.Open(path)) tensors = [.. file.Tensors.Select(t => new TensorSource(t.Name, t.DataType, t.Shape, file.GetBytes(t).ToArray()))];
        SafetensorsWriter.Write(path, [.. tensors, new TensorSource("text_model.evil", TensorDataType.U8, [1], new byte[1])]);
    }

    private static void Link(PolicyFolder folder)
    {
        var path = Path.Combine(folder.Output, "vae", "config.json");
        File.Move(path, folder["elsewhere"]);
        File.CreateSymbolicLink(path, folder["elsewhere"]);
    }

    // The same policy, byte for byte, where its base has changed.
    private static void OtherBase(PolicyFolder folder)
    {
        var copy = folder.Copy(PolicyFolder.Base, "base");
        File.AppendAllText(Path.Combine(copy, "model_index.json"), " ");
        File.WriteAllText(folder["base.yaml"], PolicyFolder.Text(baseFolder: copy));
        Report(folder, r => r["policy"]!["digest"] = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(folder["base.yaml"]))));
    }

    private static void Report(PolicyFolder folder, Action<JsonNode> change)
    {
        var report = JsonNode.Parse(File.ReadAllText(folder.Report))!;
        change(report);
        File.WriteAllText(folder.Report, report.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }));
    }
}
