using System.Security.Cryptography;
using System.Text.Json;

namespace ModelGuard.Cli.Tests.Evidence;

/// <summary>The commands of evidence as processes, on an edited checkpoint.</summary>
public sealed class EvidenceCommandTests(EditedFolder edited) : IClassFixture<EditedFolder>, IDisposable
{
    private static readonly (string, string?)[] NoLibTorch = [("MODELGUARD_LIBTORCH", "/no/such/folder")];
    private readonly TemporaryFolder folder = new();

    private PolicyFolder Folder => edited.Folder;

    [Fact]
    public async Task A_checkpoint_is_signed_and_verified_without_LibTorch()
    {
        var model = Copy();
        var keygen = await RunAsync("keygen", "--output", folder["key.pem"], "--public-output", folder["key.pub.pem"], "--json");
        using var key = JsonDocument.Parse(keygen.Output);
        var hint = key.RootElement.GetProperty("hint").GetString();

        var sign = await RunAsync("sign", model, "--private-key", folder["key.pem"]);
        var verify = await RunAsync("verify", model, "--only", "signature,digest", "--public-key", folder["key.pub.pem"]);

        Assert.Equal((0, 0, 0), (keygen.ExitCode, sign.ExitCode, verify.ExitCode));
        Assert.Equal(hint, Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(folder["key.pub.pem"]))));
        Assert.Contains($"Signed 12 file(s) with the key with hint {hint}", sign.Error, StringComparison.Ordinal);
        Assert.Empty(verify.Output);
        Assert.Equal(["Signature: holds.", "Digest: holds."], verify.ErrorLines.Where(l => l.Contains("holds.", StringComparison.Ordinal)).Select(l => l[..(l.IndexOf("holds.", StringComparison.Ordinal) + 6)]), StringComparer.Ordinal);
        Assert.Contains("what is said was signed by whom you trust", string.Join(' ', verify.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_that_compute_nothing_do_not_load_LibTorch_at_all()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only the loader of Linux tells what it loads.");
        var model = Copy();
        await KeygenAsync();
        await RunAsync("sign", model, "--private-key", folder["key.pem"]);

        foreach (var arguments in new string[][] { ["check", Folder.Policy], ["sign", model, "--private-key", folder["key.pem"]], ["verify", model, "--only", "signature,digest", "--public-key", folder["key.pub.pem"]], ["--help"] })
        {
            var name = Guid.NewGuid().ToString("N");
            var result = await Tool.RunInAsync(null, [("LD_DEBUG", "files"), ("LD_DEBUG_OUTPUT", folder[name])], arguments);
            Assert.True(result.ExitCode == 0, result.All);
            var loaded = string.Concat(Directory.EnumerateFiles(folder.Path, name + ".*").Select(File.ReadAllText));
            Assert.Contains("libcoreclr.so", loaded, StringComparison.Ordinal);
            Assert.DoesNotContain("libtorch", loaded, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task The_policys_own_checkpoint_base_and_report_are_found_by_the_policy()
    {
        using var policy = new PolicyFolder();
        policy.Copy(Folder.Output, "out");
        await KeygenAsync();
        await RunAsync("sign", policy.Output, "--private-key", folder["key.pem"]);

        var verify = await RunAsync("verify", policy.Policy, "--only", "signature,digest", "--public-key", folder["key.pub.pem"]);
        await File.AppendAllTextAsync(policy.Policy, "# more\n");
        var other = await RunAsync("verify", policy.Policy, "--only", "digest", "--public-key", folder["key.pub.pem"]);

        Assert.True(verify.ExitCode == 0, verify.All);
        Assert.Contains("as made under 'policy.yaml' from 'sd1-tiny'", string.Join(' ', verify.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(3, other.ExitCode);
        Assert.StartsWith("modelguard: error MG2022: 'modelguard-report.json' was made under a policy with the digest sha256:", other.ErrorLines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_whole_chain_runs_on_a_signed_checkpoint_and_never_makes_it_again()
    {
        using var policy = new PolicyFolder();
        policy.Copy(Folder.Output, "out");
        await KeygenAsync();
        await RunAsync("sign", policy.Output, "--private-key", folder["key.pem"]);
        var before = PolicyFolder.State(policy.Output);

        var verify = await Tool.RunAsync("verify", policy.Policy, "--public-key", folder["key.pub.pem"]);

        Assert.True(verify.ExitCode == 0, verify.All);
        Assert.Equal(["Signature: holds.", "Digest: holds.", "Edit: holds.", "Rest: holds.", "Fingerprint: holds.", "Gates: ran again."], verify.ErrorLines.Select(l => l[..(l.IndexOf('.', StringComparison.Ordinal) + 1)]), StringComparer.Ordinal);
        Assert.EndsWith("1 passed. Verdict: pass.", verify.ErrorLines[^1], StringComparison.Ordinal);
        Assert.Equal(before, PolicyFolder.State(policy.Output));

        var weights = Path.Combine(policy.Output, "text_encoder", "model.safetensors");
        var bytes = await File.ReadAllBytesAsync(weights);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(weights, bytes);
        before = PolicyFolder.State(policy.Output);
        var changed = await Tool.RunAsync("verify", policy.Policy, "--only", "edit", "--public-key", folder["key.pub.pem"]);
        Assert.Equal(3, changed.ExitCode);
        Assert.Contains("error MG2024", changed.Error, StringComparison.Ordinal);
        Assert.Equal(before, PolicyFolder.State(policy.Output));
    }

    [Fact]
    public async Task Without_a_key_the_signer_is_named_and_nothing_is_called_verified()
    {
        var model = Copy();
        var hint = await KeygenAsync();
        await RunAsync("sign", model, "--private-key", folder["key.pem"]);

        var signature = await RunAsync("verify", model, "--only", "signature");
        var digest = await RunAsync("verify", model, "--only", "digest");

        Assert.Equal(2, signature.ExitCode);
        Assert.Equal($"modelguard: error MG2011: Not verified: '{Path.Combine(model, "model.sig")}' says to be signed by the key with hint {hint}, and lists the files as they are, but anyone could have written that. Name whom you trust with --public-key, or with --certificate-chain.", Assert.Single(signature.ErrorLines));
        Assert.Equal(0, digest.ExitCode);
        Assert.Contains("whose word that is was not verified, as no key was named", string.Join(' ', digest.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("the report")]
    [InlineData("the model")]
    public async Task A_report_of_another_model_is_not_signed(string changed)
    {
        var model = Copy();
        await KeygenAsync();
        var report = Path.Combine(model, "modelguard-report.json");
        var text = await File.ReadAllTextAsync(report);
        if (changed == "the report") await File.WriteAllTextAsync(report, text[..text.IndexOf("\"output\"", StringComparison.Ordinal)] + text[text.IndexOf("\"output\"", StringComparison.Ordinal)..].Replace("sha256:", "sha256:0", StringComparison.Ordinal));
        else await File.AppendAllTextAsync(Path.Combine(model, "model_index.json"), " ");

        var sign = await RunAsync("sign", model, "--private-key", folder["key.pem"]);

        Assert.Equal(3, sign.ExitCode);
        Assert.StartsWith("modelguard: error MG2018: 'modelguard-report.json' is about a model with the root digest ", Assert.Single(sign.ErrorLines), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(model, "model.sig")));
    }

    [Fact]
    public async Task A_report_that_changed_after_it_was_signed_is_refused()
    {
        var model = Copy();
        await KeygenAsync();
        await RunAsync("sign", model, "--private-key", folder["key.pem"]);
        await File.AppendAllTextAsync(Path.Combine(model, "modelguard-report.json"), " ");

        var digest = await RunAsync("verify", model, "--only", "digest", "--public-key", folder["key.pub.pem"]);

        Assert.Equal(3, digest.ExitCode);
        Assert.Contains("holds no signed statement of type 'https://modelguard/attestation/edit-report/v1' about 'modelguard-report.json'", Assert.Single(digest.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Machine_output_says_what_holds()
    {
        var model = Copy();
        var hint = await KeygenAsync();
        using var signed = JsonDocument.Parse((await RunAsync("sign", model, "--private-key", folder["key.pem"], "--json")).Output);
        using var verified = JsonDocument.Parse((await RunAsync("verify", model, "--only", "signature,digest", "--public-key", folder["key.pub.pem"], "--json")).Output);

        var (root, signature) = (signed.RootElement.GetProperty("root").GetString(), verified.RootElement.GetProperty("signature"));
        Assert.Equal((root, 12, $"the key with hint {hint}"), (signature.GetProperty("root").GetString(), signature.GetProperty("files").GetInt32(), signature.GetProperty("signer").GetString()));
        Assert.Equal(("sha256:" + root, true), (verified.RootElement.GetProperty("digest").GetProperty("root").GetString(), verified.RootElement.GetProperty("digest").GetProperty("isSigned").GetBoolean()));
    }

    [Fact]
    public async Task Keys_come_from_variables_and_their_names_are_never_files()
    {
        var model = Copy();
        await KeygenAsync();
        (string, string?)[] variables = [.. NoLibTorch, ("MODEL_KEY", await File.ReadAllTextAsync(folder["key.pem"])), ("MODEL_PUBLIC_KEY", await File.ReadAllTextAsync(folder["key.pub.pem"]))];

        var sign = await Tool.RunInAsync(folder.Path, variables, "sign", model, "--private-key", "MODEL_KEY");
        var verify = await Tool.RunInAsync(folder.Path, variables, "verify", model, "--only", "signature", "--public-key", "MODEL_PUBLIC_KEY");
        File.Copy(folder["key.pub.pem"], folder["OTHER_KEY"]);
        var file = await Tool.RunInAsync(folder.Path, variables, "verify", model, "--only", "signature", "--public-key", "OTHER_KEY");
        var path = await Tool.RunInAsync(folder.Path, variables, "verify", model, "--only", "signature", "--public-key", "./OTHER_KEY");

        Assert.Equal((0, 0, 2, 0), (sign.ExitCode, verify.ExitCode, file.ExitCode, path.ExitCode));
        Assert.Equal("modelguard: error MG2013: The environment variable 'OTHER_KEY' is not set or empty. Put the key into it in PEM form; a file of that name is './OTHER_KEY'.", Assert.Single(file.ErrorLines));
    }

    [Fact]
    public async Task No_output_holds_a_part_of_a_key_or_a_password()
    {
        var model = Copy();
        const string Password = "correct-horse-battery";
        (string, string?)[] protectedBy = [.. NoLibTorch, ("KEY_PASSWORD", Password), ("WRONG_PASSWORD", "wrong-horse-battery"), ("EMPTY", "")];
        var outputs = new List<ChildProcess.Finished>
        {
            await Tool.RunInAsync(null, protectedBy, "keygen", "-o", folder["key.pem"], "--public-output", folder["key.pub.pem"], "--password-variable", "KEY_PASSWORD", "-v", "detailed"),
            await Tool.RunInAsync(null, protectedBy, "keygen", "-o", folder["plain.pem"], "--public-output", folder["plain.pub.pem"], "--json"),
        };
        var damaged = (await File.ReadAllTextAsync(folder["plain.pem"])).Replace("\nM", "\nN", StringComparison.Ordinal);
        await File.WriteAllTextAsync(folder["damaged.pem"], damaged);
        (string, string?)[] damagedVariable = [.. protectedBy, ("DAMAGED", damaged)];
        outputs.Add(await Tool.RunInAsync(null, protectedBy, "sign", model, "--private-key", folder["key.pem"], "--password-variable", "KEY_PASSWORD", "-v", "detailed"));
        Assert.All(outputs, o => Assert.True(o.ExitCode == 0, o.All));
        outputs.Add(await Tool.RunInAsync(null, protectedBy, "sign", model, "--private-key", folder["key.pem"], "--password-variable", "WRONG_PASSWORD"));
        outputs.Add(await Tool.RunInAsync(null, protectedBy, "sign", model, "--private-key", folder["key.pem"], "--password-variable", "EMPTY"));
        outputs.Add(await Tool.RunInAsync(null, protectedBy, "sign", model, "--private-key", folder["key.pem"]));
        outputs.Add(await Tool.RunInAsync(null, protectedBy, "sign", model, "--private-key", folder["damaged.pem"]));
        outputs.Add(await Tool.RunInAsync(null, damagedVariable, "sign", model, "--private-key", "DAMAGED"));
        outputs.Add(await Tool.RunInAsync(null, protectedBy, "verify", model, "--only", "signature", "--public-key", folder["plain.pem"]));
        Assert.All(outputs.Skip(3), o => Assert.Equal((2, 1), (o.ExitCode, o.ErrorLines.Length)));
        Assert.Equal(["MG2014", "MG2014", "MG2014", "MG2013", "MG2013", "MG2013"], outputs.Skip(3).Select(o => o.Error.Split("error ")[1][..6]), StringComparer.Ordinal);

        string[] secrets = ["horse-battery", .. Secrets(folder["key.pem"]), .. Secrets(folder["plain.pem"]), .. Secrets(folder["damaged.pem"])];
        var written = Directory.EnumerateFiles(model, "model*", SearchOption.TopDirectoryOnly).Select(File.ReadAllText);
        foreach (var text in outputs.Select(o => o.All).Concat(written)) Assert.All(secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));

        // Sixteen characters of base64 anywhere in a key would already be told.
        static IEnumerable<string> Secrets(string path) => File.ReadLines(path).Where(l => !l.StartsWith('-')).SelectMany(l => l.Chunk(16)).Where(c => c.Length == 16).Select(c => new string(c))
            .Where(c => !c.StartsWith("MIG", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_private_key_is_readable_by_its_owner_alone_and_never_replaced()
    {
        await KeygenAsync();
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder["key.pem"]));
        var before = await File.ReadAllTextAsync(folder["key.pem"]);

        foreach (var (secret, open) in new[] { ("key.pem", "new.pem"), ("new.pem", "key.pem"), ("new.pem", "new.pem") })
        {
            var again = await RunAsync("keygen", "-o", folder[secret], "--public-output", folder[open]);
            Assert.Equal(2, again.ExitCode);
            Assert.StartsWith("modelguard: error MG2016: ", Assert.Single(again.ErrorLines), StringComparison.Ordinal);
        }

        Assert.Equal(before, await File.ReadAllTextAsync(folder["key.pem"]));
        Assert.False(File.Exists(folder["new.pem"]));
    }

    [Theory]
    [InlineData("p256", "1.2.840.10045.3.1.7")]
    [InlineData("p384", "1.3.132.0.34")]
    [InlineData("p521", "1.3.132.0.35")]
    public async Task A_key_is_on_the_curve_that_is_asked_for(string curve, string oid)
    {
        await RunAsync("keygen", "-o", folder["key.pem"], "--public-output", folder["key.pub.pem"], "--curve", curve);

        using var key = ECDsa.Create();
        key.ImportFromPem(await File.ReadAllTextAsync(folder["key.pub.pem"]));
        Assert.Equal(oid, key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value);
    }

    [Fact]
    public async Task What_is_left_out_is_told_and_not_covered()
    {
        var model = Copy();
        await KeygenAsync();
        await File.WriteAllTextAsync(Path.Combine(model, "notes.txt"), "a");
        // The report counts every file, so it is left out here with the notes.
        File.Delete(Path.Combine(model, "modelguard-report.json"));
        await RunAsync("sign", model, "--private-key", folder["key.pem"], "--ignore-paths", "notes.txt", Path.Combine(model, "vae"));
        await File.WriteAllTextAsync(Path.Combine(model, "notes.txt"), "b");
        await File.WriteAllTextAsync(Path.Combine(model, "extra.txt"), "b");

        var strict = await RunAsync("verify", model, "--only", "signature", "--public-key", folder["key.pub.pem"]);
        var unsigned = await RunAsync("verify", model, "--only", "signature", "--public-key", folder["key.pub.pem"], "--ignore-unsigned-files");
        var ignored = await RunAsync("verify", "--model", model, "--only", "signature", "--public-key", folder["key.pub.pem"], "--ignore-paths", "extra.txt");

        Assert.Equal((3, 0, 0), (strict.ExitCode, unsigned.ExitCode, ignored.ExitCode));
        Assert.Contains("MG2010: 'extra.txt' is in", strict.Error, StringComparison.Ordinal);
        Assert.Equal("Not covered by the signature, as its signer chose: notes.txt, vae.", unsigned.ErrorLines[^1]);
    }

    [Fact]
    public async Task What_cannot_be_signed_or_verified_is_told()
    {
        var model = Copy();
        await KeygenAsync();
        var weights = Path.Combine(model, "unet", "diffusion_pytorch_model.safetensors");
        Directory.CreateDirectory(folder["empty"]);

        await Refused(2, "MG2017", "sign", weights, "--private-key", folder["key.pem"]);
        await Refused(2, "MG2017", "sign", folder["empty"], "--private-key", folder["key.pem"]);
        await Refused(2, "MG2017", "sign", model, "--private-key", folder["key.pem"], "--ignore-paths", "../elsewhere");
        await Refused(2, "MG2017", "verify", "--only", "signature", "--model", folder["nothing"], "--public-key", folder["key.pub.pem"]);
        await Refused(3, "MG2001", "verify", model, "--only", "signature", "--public-key", folder["key.pub.pem"]);
        await Refused(2, "MG2013", "verify", model, "--only", "signature", "--public-key", folder["nothing"]);
        await Refused(3, "MG2019", "verify", model, "--only", "digest", "--public-key", folder["key.pub.pem"]);
        File.Delete(Path.Combine(model, "modelguard-report.json"));
        await Refused(3, "MG2019", "verify", model, "--only", "digest");

        async Task Refused(int exitCode, string code, params string[] arguments)
        {
            var result = await RunAsync(arguments);
            Assert.True(result.ExitCode == exitCode, result.All);
            Assert.StartsWith($"modelguard: error {code}: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task GitHubs_attest_action_gets_subjects_and_predicates()
    {
        var model = Copy();

        var attest = await RunAsync("attest", model, "--output", folder["attestation"]);

        Assert.True(attest.ExitCode == 0, attest.All);
        Assert.Equal(["edit-report.predicate.json", "provenance.predicate.json", "subjects.txt"], Directory.EnumerateFiles(folder["attestation"]).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        var report = await File.ReadAllBytesAsync(Path.Combine(model, "modelguard-report.json"));
        using var json = JsonDocument.Parse(report);
        var root = json.RootElement.GetProperty("model").GetProperty("output").GetProperty("digest").GetString()!["sha256:".Length..];
        Assert.Equal([$"{root}  out", $"{Convert.ToHexStringLower(SHA256.HashData(report))}  modelguard-report.json"], await File.ReadAllLinesAsync(Path.Combine(folder["attestation"], "subjects.txt")), StringComparer.Ordinal);
        using var predicate = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder["attestation"], "edit-report.predicate.json")));
        Assert.True(JsonElement.DeepEquals(json.RootElement, predicate.RootElement));
    }

    public void Dispose() => folder.Dispose();

    private static Task<ChildProcess.Finished> RunAsync(params string[] arguments) => Tool.RunInAsync(null, NoLibTorch, arguments);

    private async Task<string> KeygenAsync()
    {
        using var key = JsonDocument.Parse((await RunAsync("keygen", "-o", folder["key.pem"], "--public-output", folder["key.pub.pem"], "--json")).Output);
        return key.RootElement.GetProperty("hint").GetString()!;
    }

    private string Copy() => Folder.Copy(Folder.Output, Guid.NewGuid().ToString("N"));
}
