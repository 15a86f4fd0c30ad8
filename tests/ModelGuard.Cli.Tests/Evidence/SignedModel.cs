using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ModelGuard.Attestations.Dsse;
using ModelGuard.Attestations.Keys;

namespace ModelGuard.Cli.Tests.Evidence;

/// <summary>A small model, signed with a key of a curve, to be tampered with.</summary>
internal sealed class SignedModel : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private SignedModel(SigningCurve curve)
    {
        Curve = curve;
        Key = EcPrivateKey.Create(curve);
        using var publicKey = Key.PublicKey;
        (Hint, PublicPem) = (publicKey.Hint, publicKey.Pem);
        foreach (var (name, content) in new[] { ("model_index.json", "{}"), ("unet/config.json", "{\"a\":1}"), ("unet/w.safetensors", "weights of the unet"), ("vae/w.safetensors", "weights of the VAE"), (".hidden/empty", "") }) Write(name, content);
        File.WriteAllText(folder["key.pem"], Key.ToPem(null));
        File.WriteAllText(folder["key.pub.pem"], PublicPem);
    }

    public SigningCurve Curve { get; }

    public EcPrivateKey Key { get; }

    public string Hint { get; }

    public string PublicPem { get; }

    public string Model => folder["model"];

    public string Signature => Path.Combine(Model, "model.sig");

    public string this[string name] => folder[name];

    public static async Task<SignedModel> CreateAsync(SigningCurve curve, params string[] options)
    {
        var model = new SignedModel(curve);
        var signed = await InProcess.RunAsync(SomeAuthority.Day, ["sign", model.Model, "--private-key", model["key.pem"], .. options]);
        Assert.True(signed.ExitCode == 0, signed.Error);
        return model;
    }

    public void Write(string name, string content)
    {
        var path = Path.Combine(Model, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    public void Delete(string name) => File.Delete(Path.Combine(Model, name));

    /// <summary>Changes the bundle.</summary>
    public void Bundle(Action<JsonNode> change)
    {
        var bundle = JsonNode.Parse(File.ReadAllText(Signature))!;
        change(bundle);
        File.WriteAllText(Signature, bundle.ToJsonString());
    }

    /// <summary>Changes the signed statement, and leaves the signature as it is.</summary>
    public void Statement(Func<byte[], byte[]> change) => Bundle(b => b["dsseEnvelope"]!["payload"] = Convert.ToBase64String(change(Payload(b))));

    /// <summary>Changes the signed statement and signs it again with the trusted key, as only its holder can.</summary>
    public void Resign(Action<JsonNode> change)
    {
        Statement(payload =>
        {
            var statement = JsonNode.Parse(payload)!;
            change(statement);
            return Encoding.UTF8.GetBytes(statement.ToJsonString());
        });
        Sign((_, data) => Key.Sign(data));
    }

    /// <summary>Puts another signature over the statement into the bundle.</summary>
    public void Sign(Func<ECDsa, byte[], byte[]> sign) => Bundle(b =>
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(Key.ToPem(null));
        b["dsseEnvelope"]!["signatures"]![0]!["sig"] = Convert.ToBase64String(sign(key, DsseEnvelope.PreAuthenticationEncoding(DsseEnvelope.InTotoPayload, Payload(b))));
    });

    public Task<(int ExitCode, string Output, string Error)> VerifyAsync(params string[] options) =>
        InProcess.RunAsync(SomeAuthority.Day, ["verify", Model, "--only", "signature", .. options.Length > 0 ? options : ["--public-key", folder["key.pub.pem"]]]);

    public void Dispose()
    {
        Key.Dispose();
        folder.Dispose();
    }

    private static byte[] Payload(JsonNode bundle) => Convert.FromBase64String(bundle["dsseEnvelope"]!["payload"]!.GetValue<string>());
}
