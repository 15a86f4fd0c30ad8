using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using ModelGuard.Attestations.Keys;
using ModelGuard.Cli.Tests.Build;

namespace ModelGuard.Cli.Tests.Evidence;

/// <summary>Whatever goes wrong while one signs, verifies or attests, nothing that is said or written holds a part of a private key or a password.</summary>
public sealed class SecretsTests : IDisposable
{
    private const string Password = "correct-horse-battery";
    private const string WrongPassword = "wrong-donkey-battery";
    private readonly TemporaryFolder folder = new();
    private readonly List<string> secrets = ["horse-battery", "donkey-battery"];

    public SecretsTests()
    {
        foreach (var curve in Enum.GetValues<SigningCurve>())
        {
            using var key = EcPrivateKey.Create(curve);
            Write($"{curve}.pem", key.ToPem(null));
            Write($"{curve}.protected.pem", key.ToPem(Password));
            File.WriteAllText(folder[$"{curve}.pub.pem"], Public(key));
            Write($"{curve}.sec1.pem", Sec1(key.ToPem(null)));
            Write($"{curve}.damaged.pem", key.ToPem(null).Replace("\nM", "\nN", StringComparison.Ordinal));
            Write($"{curve}.short.pem", key.ToPem(null).Replace("\n-----END", "\n", StringComparison.Ordinal));
            Write($"{curve}.mixed.pem", key.ToPem(null).Replace("PRIVATE KEY", "CERTIFICATE", StringComparison.Ordinal));
        }

        using var rsa = RSA.Create(2048);
        Write("rsa.pem", rsa.ExportPkcs8PrivateKeyPem());
        using var authority = new SomeAuthority();
        Write("leaf.pem", authority.LeafKeyPem);
        File.WriteAllText(folder["leaf.crt.pem"], string.Concat(authority.Chain.Select(c => c.ExportCertificatePem() + "\n")));
        Environment.SetEnvironmentVariable("SECRETS_TEST_PASSWORD", Password);
        Environment.SetEnvironmentVariable("SECRETS_TEST_WRONG", WrongPassword);
        Environment.SetEnvironmentVariable("SECRETS_TEST_KEY", File.ReadAllText(folder["P256.pem"]));
        Environment.SetEnvironmentVariable("SECRETS_TEST_DAMAGED", File.ReadAllText(folder["P256.damaged.pem"]));
    }

    [Fact]
    public async Task No_failure_tells_a_part_of_a_key_or_a_password()
    {
        using var model = await SignedModel.CreateAsync(SigningCurve.P256);
        Directory.CreateDirectory(folder["empty"]);
        await File.WriteAllTextAsync(folder["report.json"], "{}");
        var failures = new List<string[]>();
        foreach (var curve in Enum.GetValues<SigningCurve>())
        {
            failures.AddRange(new[] { "damaged", "short", "mixed", "protected" }.Select(kind => new[] { "sign", model.Model, "--private-key", folder[$"{curve}.{kind}.pem"] }));
            failures.Add(["sign", model.Model, "--private-key", folder[$"{curve}.protected.pem"], "--password-variable", "SECRETS_TEST_WRONG"]);
            failures.Add(["sign", model.Model, "--private-key", folder[$"{curve}.protected.pem"], "--password-variable", Password]);
            failures.Add(["sign", model.Model, "--private-key", folder[$"{curve}.pem"], "--signing-certificate", folder["leaf.crt.pem"]]);
            failures.Add(["sign", model.Model, "--private-key", folder[$"{curve}.pem"], "--signing-certificate", folder[$"{curve}.pem"]]);
            failures.Add(["sign", model.Model, "--private-key", await File.ReadAllTextAsync(folder[$"{curve}.pem"])]);
            failures.Add(["sign", model.Model, "--private-key", string.Concat((await File.ReadAllLinesAsync(folder[$"{curve}.pem"])).Where(l => !l.StartsWith('-')))]);
            failures.Add(["sign", model.Model, "--private-key", folder[$"{curve}.pem"], "--ignore-paths", "../elsewhere"]);
            failures.Add(["sign", model.Model, "--private-key", folder[$"{curve}.pem"], "--report", folder["report.json"]]);
            failures.Add(["sign", folder["empty"], "--private-key", folder[$"{curve}.pem"]]);
            failures.Add(["sign", folder["nothing"], "--private-key", folder[$"{curve}.pem"]]);
            foreach (var wrong in new[] { "pem", "sec1.pem", "protected.pem", "damaged.pem", "mixed.pem" })
            {
                failures.Add(["verify", model.Model, "--only", "signature", "--public-key", folder[$"{curve}.{wrong}"]]);
                failures.Add(["verify", model.Model, "--only", "signature", "--certificate-chain", folder[$"{curve}.{wrong}"]]);
            }

            failures.Add(["verify", model.Model, "--only", "signature", "--signature", folder[$"{curve}.pem"], "--public-key", folder[$"{curve}.pub.pem"]]);
            failures.Add(["verify", model.Model, "--only", "digest", "--report", folder[$"{curve}.pem"], "--public-key", folder[$"{curve}.pub.pem"]]);
            failures.Add(["attest", model.Model, "--report", folder[$"{curve}.pem"], "--output", folder["attestation"]]);
            failures.Add(["keygen", "--output", folder[$"{curve}.pem"], "--public-output", folder["new.pub.pem"]]);
            failures.Add(["keygen", "--output", folder["new.pem"], "--public-output", folder["new.pub.pem"], "--password-variable", Password]);
        }

        failures.Add(["sign", model.Model, "--private-key", folder["rsa.pem"]]);
        failures.Add(["sign", model.Model, "--private-key", "SECRETS_TEST_DAMAGED"]);
        failures.Add(["sign", model.Model, "--private-key", "SECRETS_TEST_KEY", "--report", folder["report.json"]]);
        failures.Add(["verify", model.Model, "--only", "signature", "--public-key", "SECRETS_TEST_KEY"]);
        failures.Add(["verify", model.Model, "--only", "signature", "--public-key", "SECRETS_TEST_DAMAGED"]);

        foreach (var arguments in failures)
        {
            foreach (var verbosity in new[] { "normal", "detailed" })
            {
                // A defect would end in an exception here, whose text counts too.
                var exception = await Record.ExceptionAsync(async () =>
                {
                    var (exitCode, output, error) = await InProcess.RunAsync(SomeAuthority.Day, [.. arguments, "-v", verbosity]);
                    Assert.True(exitCode is 2 or 3, $"{string.Join(' ', arguments.Take(4))}: {exitCode}, {error}");
                    AssertNothingOf(secrets, output + error, arguments);
                });
                if (exception is not null) AssertNothingOf(secrets, exception.ToString(), arguments);
                Assert.Null(exception);
            }
        }

        // Nor is anything left that a failure had begun to write.
        foreach (var file in Directory.EnumerateFiles(model.Model, "*", SearchOption.AllDirectories)) AssertNothingOf(secrets, await File.ReadAllTextAsync(file), [file]);
        Assert.False(File.Exists(folder["new.pem"]));
    }

    [Fact]
    public async Task What_is_searched_for_is_found_where_it_is()
    {
        var key = await File.ReadAllTextAsync(folder["P384.pem"]);

        foreach (var text in new[] { key, key.ReplaceLineEndings(" "), key.Replace("\n", "\\n", StringComparison.Ordinal), $"x{Password}x", Convert.ToHexString(Scalar("P384.pem")), $"0x{Convert.ToHexStringLower(Scalar("P384.pem"))}" })
        {
            Assert.ThrowsAny<Exception>(() => AssertNothingOf(secrets, text, []));
        }
    }

    [Fact]
    public async Task The_binary_log_of_a_build_holds_no_key_of_its_environment()
    {
        using var project = new BuiltProject("<PropertyGroup><IntermediateOutputPath>obj/</IntermediateOutputPath></PropertyGroup><ItemGroup><ModelGuardPolicy Include=\"policy.yaml\" /></ItemGroup>", isSdk: false);
        project.WritePolicy("policy.yaml");
        var key = await File.ReadAllTextAsync(folder["P256.pem"]);

        // The tests' own environment is that of the build: a step that signs has its key there.
        var build = await project.TargetAsync("ModelGuardEdit", "-bl:build.binlog");

        Assert.True(build.ExitCode == 0, build.All);
        await using var file = File.OpenRead(project["build.binlog"]);
        await using var unpacked = new GZipStream(file, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        await unpacked.CopyToAsync(bytes);
        var text = Encoding.UTF8.GetString(bytes.ToArray());
        Assert.Contains("policy.yaml", text, StringComparison.Ordinal);
        AssertNothingOf(secrets, text + build.All, ["build"]);
        Assert.DoesNotContain(key, text, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        foreach (var variable in new[] { "PASSWORD", "WRONG", "KEY", "DAMAGED" }) Environment.SetEnvironmentVariable("SECRETS_TEST_" + variable, null);
        folder.Dispose();
    }

    private static void AssertNothingOf(IEnumerable<string> secrets, string text, string[] arguments)
    {
        foreach (var secret in secrets) Assert.False(text.Contains(secret, StringComparison.OrdinalIgnoreCase), $"{string.Join(' ', arguments.Take(3))}: a secret is told.");
    }

    // Sixteen characters of base64 anywhere in a key, or its number in hexadecimal, would already be told.
    private void Write(string name, string pem)
    {
        File.WriteAllText(folder[name], pem);
        secrets.AddRange(pem.Split('\n').Where(l => !l.StartsWith('-')).SelectMany(l => l.Chunk(16)).Where(c => c.Length == 16).Select(c => new string(c)).Where(IsSecret));
        if (name is "P256.pem" or "P384.pem" or "P521.pem") secrets.Add(Convert.ToHexString(Scalar(name)));
    }

    // What begins every key of a kind says nothing of this one.
    private static bool IsSecret(string chunk) => !chunk.StartsWith("MI", StringComparison.Ordinal) && !chunk.StartsWith("NI", StringComparison.Ordinal);

    private byte[] Scalar(string name)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(folder[name]));
        return key.ExportParameters(includePrivateParameters: true).D!;
    }

    private static string Public(EcPrivateKey key)
    {
        using var half = key.PublicKey;
        return half.Pem;
    }

    private static string Sec1(string pkcs8)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(pkcs8);
        return key.ExportECPrivateKeyPem();
    }
}
