using System.Text;
using ModelGuard.Attestations.Keys;

namespace ModelGuard.Cli.Tests.Evidence;

/// <summary>A judge that this project did not write accepts its bundles on P-256 and refuses their tampered twins. On other curves it hashes with SHA-256 all the same, so it cannot judge them.</summary>
public sealed class SigstoreJudgeTests(SigstoreJudge judge) : IClassFixture<SigstoreJudge>
{
    [Fact]
    public async Task It_accepts_a_signature_of_ours()
    {
        using var model = await SignedModel.CreateAsync(SigningCurve.P256);

        Assert.Equal((true, "accepted"), await judge.JudgeAsync(model.Signature, model["key.pub.pem"]));
    }

    [Fact]
    public async Task It_refuses_what_is_tampered_with_as_we_do()
    {
        var tamperings = new Action<SignedModel>[]
        {
            m => m.Statement(p => [.. p, (byte)' ']),
            m => m.Statement(p => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(p).Replace("vae/", "VAE/", StringComparison.Ordinal))),
            m => m.Bundle(b => b["dsseEnvelope"]!["payloadType"] = "text/plain"),
            m => m.Sign((_, data) => m.Key.Sign(data.AsSpan(1))),
            m => m.Sign((key, data) => key.SignData(data, System.Security.Cryptography.HashAlgorithmName.SHA256)),
            m => m.Sign((_, data) => Another(data)),
        };

        foreach (var tamper in tamperings)
        {
            using var model = await SignedModel.CreateAsync(SigningCurve.P256);
            tamper(model);
            var (accepts, says) = await judge.JudgeAsync(model.Signature, model["key.pub.pem"]);
            Assert.False(accepts);
            Assert.Equal("SIGNATURE_ERROR", says);
            Assert.Equal(3, (await model.VerifyAsync()).ExitCode);
        }

        static byte[] Another(byte[] data)
        {
            using var key = EcPrivateKey.Create(SigningCurve.P256);
            return key.Sign(data);
        }
    }

    [Fact]
    public async Task It_accepts_every_statement_about_a_report()
    {
        using var model = await SignedModel.CreateAsync(SigningCurve.P256);
        var report = Path.Combine(model.Model, "modelguard-report.json");
        var digest = ModelGuard.Checkpoints.Digests.RootDigest(model.Model);
        await File.WriteAllTextAsync(report, $$$"""
            {"schemaVersion":"1.0","tool":{"name":"modelguard","version":"1"},"policy":{"name":"p","digest":"sha256:00"},
             "model":{"base":{"name":"b","digest":"sha256:00"},"output":{"name":"m","digest":"{{{digest}}}"}},"environment":{},"edit":{"method":"diff-quick-fix"}}
            """);
        var signed = await InProcess.RunAsync(SomeAuthority.Day, "sign", model.Model, "--private-key", model["key.pem"]);
        Assert.True(signed.ExitCode == 0, signed.Error);

        var lines = await File.ReadAllLinesAsync(Path.Combine(model.Model, "modelguard-report.intoto.jsonl"));

        Assert.Equal(2, lines.Length);
        foreach (var line in lines)
        {
            await File.WriteAllTextAsync(model["bundle.json"], line);
            Assert.Equal((true, "accepted"), await judge.JudgeAsync(model["bundle.json"], model["key.pub.pem"]));
        }
    }
}
