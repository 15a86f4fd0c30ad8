using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ModelGuard.Attestations.Keys;

namespace ModelGuard.Cli.Tests.Evidence;

/// <summary>Every kind of tampering, on every curve, gives exactly one exit code and one sentence.</summary>
public sealed class TamperingTests
{
    private const string Source = "Do not use the model; fetch it again from its source.";
    private static readonly string Zeros = new('0', 64);

    // What is done, and the code and the sentence that come of it; {0} is the model's folder, {1} the trusted key's hint.
    private static readonly Dictionary<string, (Action<SignedModel> Tamper, string Code, string Sentence)> Kinds = new(StringComparer.Ordinal)
    {
        ["a byte is flipped in a file"] = (m => m.Write("unet/w.safetensors", "Weights of the unet"), "MG2008", $"'unet/w.safetensors' in '{{0}}' has another content than was signed. {Source}"),
        ["a file is cut off"] = (m => m.Write("vae/w.safetensors", "weights"), "MG2008", $"'vae/w.safetensors' in '{{0}}' has another content than was signed. {Source}"),
        ["an empty file is filled"] = (m => m.Write(".hidden/empty", " "), "MG2008", $"'.hidden/empty' in '{{0}}' has another content than was signed. {Source}"),
        ["two files are swapped"] = (m => Swap(m), "MG2008", $"'unet/w.safetensors', 'vae/w.safetensors' in '{{0}}' have another content than was signed. {Source}"),
        ["a file is removed"] = (m => m.Delete("unet/config.json"), "MG2009", "'unet/config.json' was signed and is not in '{0}'. Fetch the model again, whole."),
        ["a file is added"] = (m => m.Write("unet/w.bin", "pickle"), "MG2010", Added("unet/w.bin")),
        ["a file is renamed"] = (m => File.Move(Path.Combine(m.Model, "model_index.json"), Path.Combine(m.Model, "Model_index.json")), "MG2010", Added("Model_index.json")),
        ["a file is added where an ignored name is not at the root"] = (m => m.Write("unet/.git/hooks", "x"), "MG2010", Added("unet/.git/hooks")),
        ["a file is added under a name that only resembles a report"] = (m => m.Write("modelguard-report.bin", "x"), "MG2010", Added("modelguard-report.bin")),
        ["a second signature is added under another name"] = (m => File.Copy(m.Signature, Path.Combine(m.Model, "model.sig.old")), "MG2010", Added("model.sig.old")),
        ["a file is replaced by a symbolic link to the same content"] = (m => Link(m), "MG0265", "'{0}/unet/config.json' is a symbolic link; what it points to could change under a signature. Copy the checkpoint with its files (for example 'cp -rL') and use the copy."),
        ["the signature is removed"] = (m => m.Delete("model.sig"), "MG2001", "There is no signature '{0}/model.sig': the model was never signed, or the signature was removed. Sign it with 'modelguard sign', fetch it with its signature, or name that with --signature."),
        ["the signature is cut off"] = (m => File.WriteAllText(m.Signature, File.ReadAllText(m.Signature)[..^20]), "MG2002", NoBundle("it is no valid JSON, or a field stands twice in it")),
        ["the bundle has one more field"] = (m => m.Bundle(b => b["comment"] = "x"), "MG2002", NoBundle("'bundle' has the unknown field 'comment'")),
        ["the bundle has a second signature"] = (m => m.Bundle(b => b["dsseEnvelope"]!["signatures"]!.AsArray().Add(b["dsseEnvelope"]!["signatures"]![0]!.DeepClone())), "MG2002", NoBundle("'bundle.dsseEnvelope.signatures' holds 2 signatures and not one")),
        ["the bundle has no signature"] = (m => m.Bundle(b => b["dsseEnvelope"]!["signatures"] = new JsonArray()), "MG2002", NoBundle("'bundle.dsseEnvelope.signatures' holds 0 signatures and not one")),
        ["the bundle is of another type"] = (m => m.Bundle(b => b["mediaType"] = "application/json"), "MG2002", NoBundle("'bundle.mediaType' is 'application/json'")),
        ["the bundle is keyless"] = (m => m.Bundle(b => b["verificationMaterial"] = JsonNode.Parse("""{"certificate":{"rawBytes":"AA=="},"tlogEntries":[{"logIndex":"1"}]}""")), "MG2004", "'{0}/model.sig' is signed by sigstore's keyless method, which needs its public log and is not verified here. Verify it with 'model_signing verify sigstore' or 'cosign verify-blob-attestation', or have the model signed with a key ('modelguard sign')."),
        ["the signer is named by a certificate"] = (m => m.Bundle(b => b["verificationMaterial"] = JsonNode.Parse("""{"x509CertificateChain":{"certificates":[{"rawBytes":"AA=="}]}}""")), "MG2004", "'{0}/model.sig' is signed by the certificate method, but a public key was named to verify it. Name the root certificates that you trust with --certificate-chain."),
        ["the payload's type is changed"] = (m => m.Bundle(b => b["dsseEnvelope"]!["payloadType"] = "text/plain"), "MG2006", "'{0}/model.sig' signs a payload of type 'text/plain' and no in-toto statement ('application/vnd.in-toto+json'). Have the model signed again."),
        ["the hint is wrong"] = (m => m.Bundle(b => b["verificationMaterial"]!["publicKey"]!["hint"] = Zeros), "MG2005", $"'{{0}}/model.sig' names the key with hint {Zeros} as its signer; the trusted key has hint {{1}}. Someone else signed this, or the public key is not the signer's."),
        ["the signature is replaced"] = (m => m.Sign((_, data) => Other(m.Curve, data)), "MG2003", DoesNotFit),
        ["the signature is made by a key of another curve"] = (m => m.Sign((_, data) => Other(m.Curve == SigningCurve.P256 ? SigningCurve.P384 : SigningCurve.P256, data)), "MG2003", DoesNotFit),
        ["the signature is r and s without DER"] = (m => m.Sign((key, data) => key.SignData(data, Hash(m.Curve))), "MG2003", DoesNotFit),
        ["the signature uses the hash of another curve"] = (m => m.Sign((key, data) => key.SignData(data, Hash(m.Curve == SigningCurve.P521 ? SigningCurve.P256 : SigningCurve.P521), DSASignatureFormat.Rfc3279DerSequence)), "MG2003", DoesNotFit),
        ["the signature is over the payload alone"] = (m => m.Sign((_, data) => m.Key.Sign(data.AsSpan(data.AsSpan().IndexOf("{"u8)))), "MG2003", DoesNotFit),
        ["the statement is written again with the same meaning"] = (m => m.Statement(p => Encoding.UTF8.GetBytes(JsonNode.Parse(p)!.ToJsonString(new() { WriteIndented = true }))), "MG2003", DoesNotFit),
        ["the statement is followed by a space"] = (m => m.Statement(p => [.. p, (byte)' ']), "MG2003", DoesNotFit),
        ["a file and its digest in the statement are changed"] = (m => ChangeFileAndStatement(m), "MG2003", DoesNotFit),
        ["the statement is told to ignore an added file"] = (m => IgnoreAddedFile(m), "MG2003", DoesNotFit),
        ["the type of the signed statement is another"] = (m => m.Resign(s => s["_type"] = "https://in-toto.io/Statement/v0.1"), "MG2006", "What '{0}/model.sig' signs is no in-toto statement of version 1: 'statement._type' is 'https://in-toto.io/Statement/v0.1' and not 'https://in-toto.io/Statement/v1'. Have it signed again."),
        ["the type of the signed predicate is another"] = (m => m.Resign(s => s["predicateType"] = "https://slsa.dev/provenance/v1"), "MG2006", NoModel("'statement.predicateType' is 'https://slsa.dev/provenance/v1' and not 'https://model_signing/signature/v1.0'")),
        ["no files are signed"] = (m => m.Resign(s => s["predicate"]!["resources"] = new JsonArray()), "MG2006", NoModel("'predicate.resources' is empty")),
        ["a file is signed twice"] = (m => m.Resign(s => s["predicate"]!["resources"]!.AsArray().Add(s["predicate"]!["resources"]![0]!.DeepClone())), "MG2006", NoModel("'predicate.resources' names '.hidden/empty' twice")),
        ["a file outside the model is signed"] = (m => m.Resign(s => s["predicate"]!["resources"]![0]!["name"] = "../key.pem"), "MG2006", NoModel("'../key.pem' is no path within a model")),
        ["another method is named"] = (m => m.Resign(s => s["predicate"]!["serialization"]!["method"] = "tensors"), "MG2006", NoModel("'predicate.serialization.method' is 'tensors', and only 'files' and 'shards' are computed here")),
        ["files are said to be shards"] = (m => m.Resign(s => s["predicate"]!["serialization"] = JsonNode.Parse("""{"method":"shards","hash_type":"sha256","shard_size":8,"allow_symlinks":false}""")), "MG2006", NoModel("'.hidden/empty' is no shard 'path:start:end' of a path within a model")),
        ["shards have no size"] = (m => m.Resign(s => s["predicate"]!["serialization"]!["method"] = "shards"), "MG2006", NoModel("'predicate.serialization' lacks the field 'shard_size'")),
        ["files have a size of shards"] = (m => m.Resign(s => s["predicate"]!["serialization"]!["shard_size"] = 8), "MG2006", NoModel("'predicate.serialization.shard_size' is there with the method 'files'")),
        ["the root digest is wrong"] = (m => m.Resign(s => s["subject"]![0]!["digest"]!["sha256"] = Zeros), "MG2007", $"The root digest in '{{0}}/model.sig' is {Zeros}, but its list of files makes {RootOfSome}. Have the model signed again."),
    };

    public static TheoryData<SigningCurve, string> Matrix => [.. from curve in Enum.GetValues<SigningCurve>() from kind in Kinds.Keys select new TheoryDataRow<SigningCurve, string>(curve, kind)];

    private static string DoesNotFit => "The signature in '{0}/model.sig' does not fit its statement and the trusted key: one of the three was changed or exchanged. Do not use the model; fetch model and signature again from their source.";

    // SHA-256 over the digests of SignedModel's files in their order.
    private static string RootOfSome => Convert.ToHexStringLower(SHA256.HashData([.. new[] { "", "{}", "{\"a\":1}", "weights of the unet", "weights of the VAE" }.SelectMany(c => SHA256.HashData(Encoding.UTF8.GetBytes(c)))]));

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Tampering_is_told_for_what_it_is(SigningCurve curve, string kind)
    {
        using var model = await SignedModel.CreateAsync(curve);
        var (tamper, code, sentence) = Kinds[kind];
        tamper(model);

        var (exitCode, output, error) = await model.VerifyAsync();

        var expected = sentence.Replace("{0}", model.Model, StringComparison.Ordinal).Replace("{1}", model.Hint, StringComparison.Ordinal);
        Assert.Equal((3, "", $"modelguard: error {code}: {expected}{Environment.NewLine}"), (exitCode, output, error));
    }

    [Theory]
    [InlineData(SigningCurve.P256)]
    [InlineData(SigningCurve.P384)]
    [InlineData(SigningCurve.P521)]
    public async Task What_is_not_tampered_with_holds(SigningCurve curve)
    {
        using var model = await SignedModel.CreateAsync(curve);
        await Holds();
        // What version control keeps is left out, and so is what the contract puts beside a checkpoint.
        foreach (var name in new[] { ".git/config", ".gitignore", ".github/a/b", "modelguard-report.json", "modelguard-report.html", "modelguard.delta.safetensors" }) model.Write(name, "x");
        await Holds();
        // The order of the list is the signer's choice.
        model.Resign(s =>
        {
            var resources = s["predicate"]!["resources"]!.AsArray();
            var first = resources[0]!.DeepClone();
            resources.RemoveAt(0);
            resources.Add(first);
            s["subject"]![0]!["digest"]!["sha256"] = Convert.ToHexStringLower(SHA256.HashData([.. resources.SelectMany(r => Convert.FromHexString(r!["digest"]!.GetValue<string>()))]));
        });
        await Holds();
        // DSSE has verifiers accept the alphabet for URLs too: the same bytes in another coat.
        model.Bundle(b => b["dsseEnvelope"]!["payload"] = b["dsseEnvelope"]!["payload"]!.GetValue<string>().Replace('+', '-').Replace('/', '_').TrimEnd('='));
        await Holds();

        async Task Holds()
        {
            var (exitCode, _, error) = await model.VerifyAsync();
            Assert.True(exitCode == 0, error);
            Assert.StartsWith($"Signature: holds. Signed with the key with hint {model.Hint}; 5 file(s), root digest", error, StringComparison.Ordinal);
        }
    }

    private static string Added(string name) => $"'{name}' is in '{{0}}' and not in its signature: added, or renamed, after it was signed. Remove what does not belong there, or fetch the model again from its source.";

    private static string NoBundle(string why) => $"'{{0}}/model.sig' is no sigstore bundle of version 0.1 to 0.3 with one signed statement: {why}. Copy the signature again, or have the model signed again.";

    private static string NoModel(string why) => $"What '{{0}}/model.sig' signs is no model as OpenSSF model signing 1.0 describes it: {why}. Have the model signed again.";

    private static HashAlgorithmName Hash(SigningCurve curve) => curve switch { SigningCurve.P256 => HashAlgorithmName.SHA256, SigningCurve.P384 => HashAlgorithmName.SHA384, _ => HashAlgorithmName.SHA512 };

    private static byte[] Other(SigningCurve curve, byte[] data)
    {
        using var key = EcPrivateKey.Create(curve);
        return key.Sign(data);
    }

    private static void Swap(SignedModel model)
    {
        model.Write("unet/w.safetensors", "weights of the VAE");
        model.Write("vae/w.safetensors", "weights of the unet");
    }

    private static void Link(SignedModel model)
    {
        var path = Path.Combine(model.Model, "unet/config.json");
        File.Move(path, model["elsewhere"]);
        File.CreateSymbolicLink(path, model["elsewhere"]);
    }

    private static void ChangeFileAndStatement(SignedModel model)
    {
        var (before, after) = (Digest("weights of the unet"), Digest("weights of another"));
        model.Write("unet/w.safetensors", "weights of another");
        model.Statement(p => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(p).Replace(before, after, StringComparison.Ordinal)));

        static string Digest(string content) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));
    }

    private static void IgnoreAddedFile(SignedModel model)
    {
        model.Write("evil.bin", "x");
        model.Statement(p =>
        {
            var statement = JsonNode.Parse(p)!;
            statement["predicate"]!["serialization"]!["ignore_paths"]!.AsArray().Add("evil.bin");
            return Encoding.UTF8.GetBytes(statement.ToJsonString());
        });
    }
}
